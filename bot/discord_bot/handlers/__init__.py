"""Handle what people do in Discord: commands, messages, buttons, menus and the settings panel.

A handler acknowledges in time, checks who asks and where, lets the answer be made, and sends it. Composing is left to
`messages`, permission to `access`.
"""
