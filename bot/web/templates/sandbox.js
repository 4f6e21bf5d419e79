// Shows a channel of the sandbox and does in it what a person does in Discord. Text becomes text nodes only.
"use strict";
const KEPT_AS = "footnote-sandbox";
const WAIT_S = 20, PAUSE_MS = 2000, TYPING_MS = 150;
const USERS = 5, ROLES = 6, MENTIONABLE = 7, CHANNELS = 8, ROW = 1, BUTTON = 2, TEXT_INPUT = 4, LABEL = 18, LINK = 5;
const CHANNEL_TYPES = { text: 0, forum: 15, thread: 11, direct: 1 };
const OPTION = { integer: 4, truth: 5, user: 6, channel: 7, role: 8, mentionable: 9, number: 10 };
const byId = (id) => document.getElementById(id);
const state = { session: "", who: "member", channel: "", view: null, digest: "", looking: null, reply: null, read: {} };
const log = byId("log"), box = byId("text"), composer = byId("composer"), commandForm = byId("command");

function make(name, properties = {}, ...inside) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-")) node.setAttribute(key, value);
    else if (key === "role" || key === "for") node.setAttribute(key, value);
    else node[key] = value;
  }
  node.append(...inside.filter((part) => part !== null && part !== undefined));
  return node;
}
const button = (label, press, properties = {}) => make("button", { type: "button", onclick: press, ...properties }, label);
const report = (line) => { byId("status").textContent = line; };

// Requests.

async function request(path, body, signal) {
  const options = { headers: { "X-Sandbox-Session": state.session }, signal };
  if (body !== undefined) {
    options.method = "POST";
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const reply = await fetch(`/api/sandbox/${path}`, options);
  const content = await reply.json();
  if (reply.ok) return content;
  const error = new Error(content.error?.message ?? "The sandbox does not answer.");
  error.isGone = reply.status === 404;
  throw error;
}

async function begin() {
  report("Starting the bot …");
  byId("sandbox").inert = true; // there is no channel to act in until the new one is drawn
  state.view = null;
  try {
    state.session = (await request("start", { locale: byId("language").value })).session;
  } catch (error) {
    byId("problem").textContent = error.message;
    byId("problem").hidden = false;
    return;
  }
  sessionStorage.setItem(KEPT_AS, state.session);
  Object.assign(state, { channel: "", read: {} });
  report("");
  follow();
}

async function follow() {
  state.looking?.abort();
  const looking = state.looking = new AbortController();
  state.digest = "";
  let wait = 0;
  while (!looking.signal.aborted) {
    try {
      const where = new URLSearchParams({ who: state.who, channel: state.channel || 0, known: state.digest, wait });
      const view = await request(`look?${where}`, undefined, looking.signal);
      if (looking.signal.aborted) return;
      if (view) draw(view);
      wait = WAIT_S;
    } catch (error) {
      if (looking.signal.aborted) return;
      if (error.isGone) return void begin();
      report("The sandbox does not answer. Trying again …");
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      wait = 0;
    }
  }
}

async function act(action) {
  try {
    const outcome = await request("act", { who: state.who, channel: state.channel, action });
    if (action.type !== "complete") report(outcome.error ?? "");
    if (outcome.form) openForm(outcome.form);
    return outcome;
  } catch (error) {
    report(error.message);
    return null;
  }
}

// The channel.

function draw(view) {
  const moved = state.view?.channel !== view.channel || state.view?.me !== view.me;
  const atEnd = moved || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  Object.assign(state, { view, channel: view.channel, digest: view.digest });
  byId("sandbox").hidden = false;
  if (byId("sandbox").inert) {
    byId("sandbox").inert = false;
    box.focus({ preventScroll: true });
  }
  const channel = view.channels.find((one) => one.id === view.channel);
  state.read[view.channel] = channel.last;
  byId("channel").textContent = channelName(channel);
  byId("title").hidden = channel.kind !== "forum";
  box.placeholder = { forum: "Text of the post", direct: "Type / for commands, or a question" }[channel.kind] ?? "Type / for commands, or @Footnote and a question";
  byId("channels").replaceChildren(...view.channels.map(channelItem));
  drawMessages(view, channel, moved);
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function channelName(channel) {
  const signs = { text: "#", forum: "Forum: ", thread: "Thread: ", direct: "" };
  return channel.kind === "direct" ? "Direct messages with Footnote" : `${signs[channel.kind]}${channel.name}`;
}

function channelItem(channel) {
  const isOpen = channel.id === state.channel;
  const isNew = !isOpen && channel.last !== "0" && state.read[channel.id] !== channel.last;
  const label = channel.kind === "thread" ? `↳ ${channel.name}` : channelName(channel);
  const item = button(label, () => { openChannel(channel.id); }, { className: `${channel.kind}${isNew ? " new" : ""}`, dir: "auto" });
  if (isOpen) item.setAttribute("aria-current", "page");
  if (isNew) item.append(make("span", { className: "unseen" }, " (new messages)"));
  return make("li", {}, item);
}

function openChannel(id) {
  state.channel = id;
  closeCommand();
  reply(null);
  report("");
  follow();
}

function drawMessages(view, channel, moved) {
  const list = byId("messages");
  const before = new Map(moved ? [] : [...list.children].map((item) => [item.dataset.id, item]));
  const names = { users: view.users, roles: view.roles, channels: Object.fromEntries(view.channels.map((one) => [one.id, one.name])) };
  const context = JSON.stringify([names, view.commands.length]);
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const items = view.messages.map((message) => {
    const content = JSON.stringify(message) + context;
    const old = before.get(message.id);
    if (old?.content === content) return old;
    const item = messageItem(message, view, names);
    item.content = content;
    return item;
  });
  const hint = make("li", { className: "start" }, ...start(view, channel));
  for (const [index, item] of [hint, ...items].entries()) {
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  }
  while (list.children.length > items.length + 1) list.lastChild.remove();
  if (focused && !focused.isConnected && focused.dataset.key) list.querySelector(`[data-key="${CSS.escape(focused.dataset.key)}"]`)?.focus();
}

function start(view, channel) {
  const ask = view.commands.find((command) => command.name === "ask");
  const text = channel.kind === "forum" ? "Posts of members. The bot answers them if a manager switches that on in /footnote settings."
    : channel.kind === "direct" ? "Here the bot answers every message."
    : "The beginning of this channel. The bot answers /ask, and messages with @Footnote. ";
  return [text, ask && channel.kind === "text" ? button("Use /ask", () => openCommand(ask), { className: "plain" }) : null].filter(Boolean);
}

function messageItem(message, view, names) {
  const time = new Date(message.at);
  const clock = make("time", { dateTime: message.at }, time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  const mine = names.users[view.me];
  const pings = message.pings.includes(mine) || message.pings.includes("everyone");
  const item = make("li", { className: `message${message.private ? " private" : ""}${pings ? " pings" : ""}` });
  item.dataset.id = message.id;
  if (message.reply) item.append(make("p", { className: "above", dir: "auto" }, "Reply to ", make("b", {}, message.reply.name), message.reply.text ? `: ${plain(message.reply.text, names)}` : ""));
  if (message.used) item.append(make("p", { className: "above" }, make("b", {}, message.used.name), " used ", make("b", {}, message.used.command)));
  item.append(make("p", { className: "who" }, make("b", {}, message.author.name),
    message.author.bot ? make("span", { className: "app" }, "APP") : null, clock,
    message.edited ? make("span", { className: "edited" }, "(edited)") : null));
  if (message.thinking) item.append(make("p", { className: "below" }, `${message.author.name} is thinking …`));
  const spoken = message.author.bot ? { lang: view.locale } : {}; // the page around it is English
  if (message.content) item.append(text(message.content, names, spoken));
  for (const embed of message.embeds) item.append(embedNode(embed, names, spoken));
  for (const row of message.components) if (row.type === ROW) item.append(rowNode(message, row, view));
  if (message.thread) item.append(make("div", {}, button(`${message.thread.name} · ${message.thread.count} ${message.thread.count === 1 ? "message" : "messages"} ›`, () => openChannel(message.thread.id), { className: "opened", dir: "auto" })));
  item.append(message.private ? make("p", { className: "below" }, "Only you can see this · ", button("Dismiss message", () => act({ type: "remove", message: message.id }))) : tools(message, view));
  return item;
}

const plain = (source, names) => make("span", {}, DiscordMarkdown.render(source, names)).textContent;
const text = (source, names, more = {}) => make("div", { className: "text", dir: "auto", ...more }, DiscordMarkdown.render(source, names));

function tools(message, view) {
  const menus = view.commands.filter((command) => command.kind === "menu");
  const own = message.author.id === view.me;
  return make("details", { className: "tools" }, make("summary", {}, "⋯ More", make("span", { className: "unseen" }, ` for the message of ${message.author.name}`)),
    button("Reply", () => { reply(message); box.focus(); }), " ",
    ...menus.flatMap((menu) => [button(make("span", {}, "Apps: ", make("span", { lang: view.locale }, menu.label)), () => act({ type: "menu", name: menu.name, message: message.id })), " "]),
    own ? button("Delete", () => act({ type: "remove", message: message.id })) : null);
}

function embedNode(embed, names, more) {
  const node = make("div", { className: "embed", ...more });
  if (embed.color) node.style.borderLeftColor = `#${embed.color.toString(16).padStart(6, "0")}`;
  if (embed.author) node.append(make("div", { className: "author", dir: "auto" }, embed.author.name));
  if (embed.title) node.append(make("div", { className: "title", dir: "auto" }, titleOf(embed, names)));
  if (embed.description) node.append(text(embed.description, names));
  if (embed.fields?.length) {
    node.append(make("dl", { className: "fields" }, ...embed.fields.map((field) => make("div", { className: field.inline ? "" : "whole" },
      make("dt", { className: "text", dir: "auto" }, DiscordMarkdown.render(field.name, names)), make("dd", { className: "text", dir: "auto" }, DiscordMarkdown.render(field.value, names))))));
  }
  if (embed.footer) node.append(make("div", { className: "footer", dir: "auto" }, embed.footer.text));
  return node;
}

function titleOf(embed, names) {
  const title = DiscordMarkdown.render(embed.title, names);
  return /^https?:\/\//i.test(embed.url ?? "") ? make("a", { href: embed.url, rel: "noopener noreferrer nofollow", target: "_blank" }, title) : title;
}

// Buttons, menus and forms.

function rowNode(message, row, view) {
  return make("div", { className: "row", lang: view.locale }, ...row.components.map((part) => part.type === BUTTON ? buttonNode(message, part) : menuNode(message, part, view)));
}

function buttonNode(message, part) {
  const label = [part.emoji?.name, part.label].filter(Boolean).join(" ");
  if (part.style === LINK) return /^https?:\/\//i.test(part.url) ? make("a", { href: part.url, rel: "noopener noreferrer nofollow", target: "_blank" }, label) : make("span", {}, label);
  const node = button(label, () => act({ type: "press", message: message.id, button: part.custom_id }), { className: `style-${part.style}`, disabled: Boolean(part.disabled) });
  node.dataset.key = `${message.id}.${part.custom_id}`;
  return node;
}

function menuNode(message, part, view) {
  const id = `menu-${message.id}-${part.custom_id}`;
  const select = selectNode(part, view, { id, disabled: Boolean(part.disabled) });
  select.dataset.key = `${message.id}.${part.custom_id}`;
  const choose = button("Choose", () => act({ type: "choose", message: message.id, menu: part.custom_id, values: chosen(select) }), { disabled: Boolean(part.disabled) });
  choose.dataset.key = `${id}.choose`;
  return make("div", { className: "choose" }, make("label", { for: id }, part.placeholder || "Choose"), make("div", { className: "line" }, select, choose));
}

const chosen = (select) => [...select.selectedOptions].map((option) => option.value).filter(Boolean);

function selectNode(part, view, properties) {
  const known = new Set((part.default_values ?? []).map((value) => value.id));
  const options = part.type === USERS ? entries(view.users) : part.type === ROLES ? entries(view.roles)
    : part.type === MENTIONABLE ? [...entries(view.users), ...entries(view.roles)]
    : part.type === CHANNELS ? view.channels.filter((one) => one.kind !== "direct" && (!part.channel_types?.length || part.channel_types.includes(CHANNEL_TYPES[one.kind]))).map((one) => [one.id, channelName(one)])
    : (part.options ?? []).map((option) => [option.value, option.label, option.default]);
  const many = (part.max_values ?? 1) > 1;
  const select = make("select", { multiple: many, ...properties });
  if (!many) select.append(make("option", { value: "" }, part.type === 3 ? "—" : "(none)"));
  for (const [value, label, isDefault] of options) select.append(make("option", { value, selected: Boolean(isDefault) || known.has(value), dir: "auto" }, label));
  return select;
}
const entries = (table) => Object.entries(table);

function openForm(form) {
  const dialog = byId("form"), fields = dialog.querySelector("form > div");
  byId("form-title").textContent = form.title;
  byId("form-title").lang = fields.lang = state.view.locale;
  const parts = form.components.flatMap((row) => row.type === LABEL ? [{ ...row.component, label: row.label }] : row.components);
  fields.replaceChildren(...parts.flatMap((part, index) => {
    const id = `field-${index}`;
    const properties = { id, required: part.required ?? true, placeholder: part.placeholder ?? "", maxLength: part.max_length ?? 4000, dir: "auto" };
    const input = part.type !== TEXT_INPUT ? selectNode(part, state.view, { id }) : part.style === 2 ? make("textarea", { ...properties, rows: 5 }) : make("input", { ...properties, type: "text" });
    if (part.type === TEXT_INPUT) input.value = part.value ?? "";
    input.dataset.field = part.custom_id;
    return [make("label", { for: id }, part.label || part.placeholder || "Choose"), input];
  }));
  dialog.querySelector("form").onsubmit = () => {
    const values = {};
    for (const input of fields.querySelectorAll("[data-field]")) values[input.dataset.field] = input.localName === "select" ? chosen(input) : input.value;
    act({ type: "submit", form: form.id, values });
  };
  dialog.querySelector("button.plain").onclick = () => dialog.close();
  dialog.showModal();
}

// Writing, and commands.

function reply(message) {
  state.reply = message?.id ?? null;
  byId("replying").hidden = !message;
  byId("replying").querySelector("span").textContent = message ? `Replying to ${message.author.name}` : "";
}

function openCommand(command) {
  hide(byId("suggestions"), box);
  box.value = "";
  if (!command.options.length) return void act({ type: "slash", name: command.name, options: {} });
  commandForm.replaceChildren(make("p", { className: "note" }, make("b", {}, `/${command.name}`), " ", make("span", { lang: state.view.locale }, command.description)),
    ...command.options.map((option, index) => optionNode(command, option, `option-${index}`)),
    make("p", { className: "buttons" }, make("button", { type: "submit" }, "Send"), button("Cancel", () => { closeCommand(); box.focus(); }, { className: "plain" })));
  commandForm.onsubmit = async (event) => {
    event.preventDefault();
    const outcome = await act({ type: "slash", name: command.name, options: optionValues() });
    if (outcome) { closeCommand(); box.focus(); }
  };
  commandForm.hidden = false;
  composer.hidden = true;
  commandForm.querySelector("input, select").focus();
}

function closeCommand() {
  commandForm.hidden = true;
  commandForm.replaceChildren();
  composer.hidden = false;
}

function optionNode(command, option, id) {
  const properties = { id, required: Boolean(option.required), dir: "auto" };
  const table = { [OPTION.user]: USERS, [OPTION.role]: ROLES, [OPTION.channel]: CHANNELS, [OPTION.mentionable]: MENTIONABLE }[option.type];
  let input;
  if (option.type === OPTION.truth) input = selectNode({ type: 3, options: [{ value: "true", label: "True" }, { value: "false", label: "False" }] }, state.view, properties);
  else if (table) input = selectNode({ type: table, channel_types: option.channel_types }, state.view, properties);
  else if (option.choices) input = selectNode({ type: 3, options: option.choices.map((choice) => ({ value: String(choice.value), label: choice.name })) }, state.view, properties);
  else input = make("input", { ...properties, type: "text", maxLength: option.max_length ?? 6000, autocomplete: "off" });
  Object.assign(input.dataset, { option: option.name, type: option.type });
  const node = make("div", { className: "option" }, make("label", { for: id }, `${option.name}${option.required ? "" : " (optional)"}: `, make("span", { lang: state.view.locale }, option.description)), input);
  if (option.autocomplete) node.append(completing(command, option, input));
  return node;
}

function optionValues() {
  const values = {};
  for (const input of commandForm.querySelectorAll("[data-option]")) {
    const value = input.dataset.value ?? input.value, type = Number(input.dataset.type);
    if (value !== "") values[input.dataset.option] = type === OPTION.truth ? value === "true" : type === OPTION.integer || type === OPTION.number ? Number(value) : value;
  }
  return values;
}

function completing(command, option, input) {
  const list = make("ul", { id: `${input.id}-list`, role: "listbox", hidden: true, "aria-label": option.name });
  combobox(input, list);
  let typing = 0;
  input.addEventListener("input", () => {
    delete input.dataset.value;
    clearTimeout(typing);
    typing = setTimeout(async () => {
      const typed = input.value;
      const outcome = await act({ type: "complete", name: command.name, focused: option.name, options: { ...optionValues(), [option.name]: typed } });
      if (typed !== input.value || document.activeElement !== input) return;
      suggest(input, list, (outcome?.choices ?? []).map((choice) => ({ parts: [choice.name], choose: () => {
        input.value = choice.name;
        input.dataset.value = choice.value;
      } })));
    }, TYPING_MS);
  });
  input.addEventListener("focus", () => { if (!input.value) input.dispatchEvent(new Event("input")); });
  return list;
}

// A text box with suggestions: arrows move, Enter and Tab choose, Escape closes.

function combobox(input, list) {
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) input.setAttribute(name, value);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const items = [...list.children], at = items.findIndex((item) => item.ariaSelected === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") select(input, items, (at + (event.key === "ArrowDown" ? 1 : items.length - (at < 0 ? 0 : 1))) % items.length);
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) items[at].click();
    else if (event.key === "Escape") hide(list, input);
    else return;
    if (event.key !== "Tab") event.preventDefault();
  });
  input.addEventListener("blur", () => hide(list, input)); // a press on a suggestion takes no focus
}

function select(input, items, at) {
  items.forEach((item, index) => { item.ariaSelected = String(index === at); });
  input.setAttribute("aria-activedescendant", items[at].id);
  items[at].scrollIntoView({ block: "nearest" });
}

function suggest(input, list, suggestions) {
  list.replaceChildren(...suggestions.map(({ parts, choose }, index) => make("li", { id: `${list.id}-${index}`, role: "option", "aria-selected": "false", dir: "auto",
    onmousedown: (event) => event.preventDefault(), onclick: () => { hide(list, input); choose(); } }, ...parts)));
  list.hidden = !suggestions.length;
  input.setAttribute("aria-expanded", String(!list.hidden));
  input.removeAttribute("aria-activedescendant");
  if (suggestions.length) select(input, [...list.children], 0);
}

function hide(list, input) {
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

combobox(box, byId("suggestions"));
box.addEventListener("input", () => {
  const typed = box.value.startsWith("/") ? box.value.slice(1).trim().toLowerCase() : null;
  const offered = typed === null ? [] : state.view.commands.filter((command) => command.kind === "slash" && command.name.includes(typed));
  suggest(box, byId("suggestions"), offered.map((command) => ({ parts: [make("b", {}, `/${command.name}`), make("span", { lang: state.view.locale }, command.description)], choose: () => openCommand(command) })));
});
composer.addEventListener("submit", async (event) => {
  event.preventDefault();
  const written = box.value.trim();
  if (!written) return;
  if (written.startsWith("/")) {
    const command = state.view.commands.find((one) => one.kind === "slash" && one.name === written.slice(1));
    return command ? openCommand(command) : void report("There is no such command here.");
  }
  const isPost = !byId("title").hidden, title = byId("subject").value.trim();
  if (isPost && !title) return void byId("subject").focus();
  const outcome = await act(isPost ? { type: "post", title, text: written } : { type: "say", text: written, reply_to: state.reply });
  if (!outcome) return;
  box.value = byId("subject").value = "";
  reply(null);
  if (outcome.channel) openChannel(outcome.channel);
});
byId("replying").querySelector("button").onclick = () => reply(null);
byId("people").addEventListener("change", (event) => {
  state.who = event.target.value;
  closeCommand();
  report("");
  follow();
});
const startAgain = () => { state.looking?.abort(); begin(); };
byId("again").onclick = byId("language").onchange = startAgain;
state.session = sessionStorage.getItem(KEPT_AS) ?? "";
if (state.session) follow();
else begin();
