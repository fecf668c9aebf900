// Names for boxes that have no room for the whole: what tells functions apart stands at the end.

// Without what is in brackets of these kinds: "f<int>(char)" is "f".
function withoutArguments(name: string): string {
  let kept = "";
  let depth = 0;
  for (let i = 0; i < name.length && i < 2000; i++) {
    const character = name[i]!;
    if (character === "<" || character === "(") depth++;
    if (depth === 0) kept += character;
    if ((character === ">" && name[i - 1] !== "-" && depth > 0) || character === ")") depth--;
  }
  return kept;
}

// "company::Handler<Record>::Process(Context const&)" is "Handler::Process".
export function shortName(name: string): string {
  if (!name.includes("::")) return name;
  const scopes = withoutArguments(name.replaceAll("(anonymous namespace)", "")).split("::").filter((scope) => scope !== "");
  return scopes.slice(-2).join("::") || name;
}
