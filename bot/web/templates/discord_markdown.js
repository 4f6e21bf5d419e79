// Shows Discord's Markdown as its clients do. Text becomes text nodes only; addresses become links only over http(s).
"use strict";
const DiscordMarkdown = (() => {
  const sticky = (pattern) => new RegExp(pattern.source, `y${pattern.flags}`);
  const ESCAPE = sticky(/\\([^0-9A-Za-z\s])/);
  const SHRUG = sticky(/¯\\_\(ツ\)_\/¯/);
  // The kind, the rule for the beginning of a line, and how deeply it may be nested; the first group is inside.
  const LINES = [
    ["quote", />>> ([\s\S]*)/, 1],
    ["quote", /> ([^\n]*(?:\n> [^\n]*)*\n?)/, 1],
    ["header", /(#{1,3})\s+([^\n]+)\n?/, 1],
    ["subtext", /-# +([^\n]+)\n?/, 1],
    ["list", /( *)([*+-]|\d+\.)[ \t]+([^\n]+)\n?/, 11],
  ].map(([kind, pattern, depth]) => [kind, sticky(pattern), depth]);
  const INLINE = [
    ["fence", /```(?:[\w+\-.#]*\n)?\n*([\s\S]+?)\n*```\n?/],
    ["link", /<(https?:\/\/[^ >]+)>/i],
    ["link", /(https?:\/\/[^\s<]+[^<.,:;"')\]\s])/i],
    ["user", /<@!?(\d+)>/],
    ["role", /<@&(\d+)>/],
    ["channel", /<#(\d+)>/],
    ["command", /<\/([^<>:\n]+):\d+>/],
    ["emoji", /<a?(:\w+:)\d+>/],
    ["timestamp", /<t:(-?\d+)(?::([tTdDfFRsS]))?>/],
    ["everyone", /(@everyone|@here)/],
    ["masked", /\[((?:\\[\s\S]|[^\[\]\\])+)\]\(<?(https?:\/\/(?:\\.|[^\s\\()]|\([^\s()]*\))*?)>?(?:\s+"[^"]*")?\)/i],
  ].map(([kind, pattern]) => [kind, sticky(pattern)]);
  const STYLES = [
    ["em", /_((?:__|\\[\s\S]|[^\\_])+?)_(?![A-Za-z0-9_])/],
    ["em", /\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)/],
    ["strong", /\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/],
    ["u", /__((?:\\[\s\S]|[^\\])+?)__(?!_)/],
  ].map(([kind, pattern]) => [kind, sticky(pattern)]);
  const LAST = [
    ["s", /~~([\s\S]+?)~~(?!_)/],
    ["spoiler", /\|\|([\s\S]+?)\|\|/],
    ["code", /(`+)([\s\S]*?[^`])\1(?!`)/],
  ].map(([kind, pattern]) => [kind, sticky(pattern)]);

  function make(name, className, ...inside) {
    const node = document.createElement(name);
    if (className) node.className = className;
    node.append(...inside);
    return node;
  }

  function match(pattern, source, position) {
    pattern.lastIndex = position;
    return pattern.exec(source);
  }

  function find(source, position, around, atLineStart) {
    if (atLineStart) {
      for (const [kind, pattern, depth] of LINES) {
        const found = around.filter((outer) => outer === kind).length < depth && match(pattern, source, position);
        if (found) return [kind, found];
      }
    }
    const shrug = match(SHRUG, source, position);
    if (shrug) return ["text", shrug, shrug[0]];
    const escaped = match(ESCAPE, source, position);
    if (escaped) return ["text", escaped, escaped[1]];
    for (const [kind, pattern] of INLINE) {
      const found = match(pattern, source, position);
      if (found) return [kind, found];
    }
    let best = null;
    for (const [kind, pattern] of STYLES) {
      const found = match(pattern, source, position);
      if (found && (!best || found[0].length > best[1][0].length)) best = [kind, found];
    }
    if (best) return best;
    for (const [kind, pattern] of LAST) {
      const found = match(pattern, source, position);
      if (found) return [kind, found];
    }
    return null;
  }

  function link(address, ...shown) {
    const node = make("a", "", ...shown);
    node.href = address;
    node.rel = "noopener noreferrer nofollow";
    node.target = "_blank";
    return node;
  }

  function time(seconds, style) {
    const date = new Date(Number(seconds) * 1000);
    if (Number.isNaN(date.getTime())) return make("span", "mention", "invalid date");
    const node = make("time", "mention", style === "d" || style === "D" ? date.toLocaleDateString() : date.toLocaleString());
    node.dateTime = date.toISOString();
    return node;
  }

  function spoiler(inside) {
    const node = make("span", "spoiler", inside);
    node.tabIndex = 0;
    node.role = "button";
    node.ariaExpanded = "false";
    node.title = "Hidden; press to show";
    const show = () => { node.classList.add("shown"); node.ariaExpanded = "true"; };
    node.addEventListener("click", show);
    node.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") show(); });
    return node;
  }

  function show(kind, found, around, names) {
    const inner = (text) => parse(text, [...around, kind], names);
    switch (kind) {
      case "quote": return make("blockquote", "", inner(found[1].replace(/^> /gm, "")));
      case "header": {
        const node = make("div", `heading h-${found[1].length}`, inner(found[2]));
        node.role = "heading";
        node.ariaLevel = String(3 + found[1].length);
        return node;
      }
      case "subtext": return make("small", "subtext", inner(found[1]));
      case "list": {
        const bullet = /\d/.test(found[2]) ? found[2] : "•";
        return make("span", `item in-${Math.min(found[1].length, 20)}`, make("span", "bullet", `${bullet} `), inner(found[3]));
      }
      case "fence": {
        const node = make("pre", "", make("code", "", found[1]));
        node.tabIndex = 0;
        node.role = "region";
        node.ariaLabel = "Code";
        return node;
      }
      case "code": return make("code", "", found[2].trim() || found[2]);
      case "link": return link(found[1], found[1]);
      case "masked": return link(found[2].replace(/\\(.)/g, "$1"), inner(found[1]));
      case "user": return make("span", "mention", `@${names.users[found[1]] ?? "unknown-user"}`);
      case "role": return make("span", "mention", `@${names.roles[found[1]] ?? "deleted-role"}`);
      case "channel": return make("span", "mention", `#${names.channels[found[1]] ?? "unknown"}`);
      case "command": return make("span", "mention", `/${found[1]}`);
      case "emoji": return found[1];
      case "timestamp": return time(found[1], found[2]);
      case "everyone": return make("span", "mention", found[1]);
      case "spoiler": return spoiler(inner(found[1]));
      default: return make(kind, "", inner(found[1]));
    }
  }

  function parse(source, around, names) {
    const shown = document.createDocumentFragment();
    let text = "", position = 0, atLineStart = true;
    while (position < source.length) {
      const [kind, found, plain] = find(source, position, around, atLineStart) ?? ["text", [source[position]], source[position]];
      position += found[0].length;
      if (kind === "text") {
        text += plain;
        atLineStart = found[0] === "\n";
        continue;
      }
      if (text) shown.append(text);
      text = "";
      shown.append(show(kind, found, around, names));
      atLineStart = found[0].endsWith("\n");
    }
    if (text) shown.append(text);
    return shown;
  }

  // Return the nodes of a text; names has users, roles and channels by their ids.
  return { render: (text, names) => parse(text.replace(/\r\n?|\f/g, "\n"), [], names) };
})();
