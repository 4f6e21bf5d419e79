"""Know the names of programming languages that mark a block of code, so that no other text gets into a marked block."""

CODE_LANGUAGES = (
    "", "apache", "bash", "batch", "c", "clojure", "cmake", "console", "cpp", "csharp", "css", "dart", "diff",
    "dockerfile", "elixir", "erlang", "fish", "go", "graphql", "groovy", "haskell", "html", "http", "ini", "java",
    "javascript", "json", "julia", "kotlin", "latex", "lua", "makefile", "markdown", "nginx", "perl", "php",
    "powershell", "properties", "protobuf", "python", "r", "rst", "ruby", "rust", "scala", "sql", "swift", "text",
    "toml", "typescript", "vb", "xml", "yaml", "zsh",
)  # fmt: skip
ALIASES = {
    "bat": "batch", "c++": "cpp", "cmd": "batch", "cs": "csharp", "docker": "dockerfile", "golang": "go",
    "js": "javascript",
    "jsonc": "json", "jsx": "javascript", "kt": "kotlin", "make": "makefile", "md": "markdown", "none": "text",
    "plain": "text", "plaintext": "text", "pycon": "python", "pwsh": "powershell", "ps1": "powershell", "py": "python",
    "python3": "python", "rb": "ruby", "rs": "rust", "sh": "bash", "shell": "bash", "shell-session": "console",
    "tex": "latex", "ts": "typescript", "tsx": "typescript", "txt": "text", "yml": "yaml",
}  # fmt: skip


def code_language(info: str) -> str:
    """Find the language that the words beside a block of code name first, one of CODE_LANGUAGES; else ""."""
    words = info.replace("{", " ").replace(",", " ").replace("}", " ").split()
    name = words[0].lower().removeprefix(".").removeprefix("language-") if words else ""
    name = ALIASES.get(name, name)
    return name if name in CODE_LANGUAGES else ""
