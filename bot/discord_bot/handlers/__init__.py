"""Meet what people do in Discord: commands, messages, buttons, menus and panels.

Each acknowledges in time, checks who asks and where, has the answer made, and sends it. Composing is left to
`messages`, permission to `access`.
"""
