// Builds what is drawn. Everything that comes from outside goes in as text, never as HTML.
export const at = (id) => document.getElementById(id);

export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function button(className, text, action) {
  const made = element("button", className, ...[text].flat());
  made.type = "button";
  made.addEventListener("click", action);
  return made;
}

export function labelled(made, label) {
  made.setAttribute("aria-label", label);
  made.title = label;
  return made;
}
