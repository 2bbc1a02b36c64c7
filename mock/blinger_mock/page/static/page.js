// The page is whole without this file; with it, it is live and its buttons work.
// Each button or form names its call of the admin API in data-call; docs/emulator.md lists them.

const tenant = document.body.dataset.tenant;
const sources = new WeakMap(); // keyed element -> the HTML it came as
const byId = (id) => document.getElementById(id);

// --- talking to the server

const withTenant = (path) => `${path}?tenant=${encodeURIComponent(tenant)}`;

async function call(line, body) {
  const [method, path] = line.split(" ");
  let answer;
  try {
    answer = await fetch(withTenant(path), { method, body });
  } catch {
    return say("The mock does not answer: is it still running?", true);
  }
  if (answer.ok) return true;
  const problem = await answer.json().catch(() => ({}));
  return say(problem.error ?? `The mock answered ${answer.status}.`, true);
}

let silence;
function say(text, wrong = false) {
  const toast = byId("toast");
  toast.classList.toggle("wrong", wrong);
  toast.hidden = false;
  toast.textContent = text;
  // On a phone it is a row of the header, below which the page moves on.
  if (document.activeElement !== document.body) document.activeElement.scrollIntoView({ block: "nearest" });
  clearTimeout(silence);
  silence = setTimeout(() => (toast.hidden = true), wrong ? 8000 : 3000);
  return !wrong;
}

// --- putting in what is new

function address() {
  const url = new URL(location.href);
  const chat = document.querySelector("[data-conversation]");
  // Where no conversation was asked for, the server shows the newest: it must not change meanwhile.
  if (chat) url.searchParams.set("conversation", chat.dataset.conversation);
  return url;
}

let asked = location.search; // what the page that is shown was asked for
let running = false;
let again = false;
async function refresh() {
  if (running) {
    again = true;
    return;
  }
  running = true;
  try {
    do {
      again = false;
      const { search } = location;
      const answer = await fetch(address(), { headers: { Accept: "text/html" } });
      if (answer.status === 404) location.assign(withTenant("/_mock/"));
      else if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"), search === asked);
      asked = search;
    } while (again);
  } catch {
    // The event stream says that the server is gone, and asks again when it is back.
  } finally {
    running = false;
  }
}

// Where `news` is false, the same things are shown otherwise, and what comes in is not new.
function put(fresh, news) {
  const held = document.activeElement;
  const home = held.closest("[data-home]")?.dataset.home; // who is there when what had the focus is gone
  const scroll = byId("scroll");
  const atEnd = !scroll || scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  let added = 0;
  for (const old of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(old.id);
    if (!next) continue;
    if ("keyed" in old.dataset) added += sync(old, next, news) * (old.id === "messages");
    else if (sources.get(old) !== next.outerHTML) replace(old, next);
  }
  if (document.activeElement !== held) (byId(held.id) ?? byId(home))?.focus({ preventScroll: true });
  if (atEnd) toEnd();
  else if (added && byId("newer")) byId("newer").hidden = false;
}

function replace(old, next) {
  sources.set(next, next.outerHTML);
  old.replaceWith(next);
}

// Only what came as other HTML is replaced: what a person has opened or is writing stays.
function sync(list, next, news) {
  const had = new Map([...list.children].map((it) => [it.id, it]));
  let place = list.firstElementChild;
  let added = 0;
  for (const item of [...next.children]) {
    let here = had.get(item.id);
    had.delete(item.id);
    if (!here) {
      sources.set(item, item.outerHTML);
      item.classList.toggle("new", news);
      here = item;
      added += 1;
    } else if (sources.get(here) !== item.outerHTML) {
      if (here === place) place = item;
      replace(here, item);
      here = item;
    }
    if (here === place) place = place.nextElementSibling;
    else list.insertBefore(here, place);
  }
  for (const gone of had.values()) gone.remove();
  return added;
}

function remember() {
  for (const region of document.querySelectorAll("[data-live]")) {
    if ("keyed" in region.dataset) for (const it of region.children) sources.set(it, it.outerHTML);
    else sources.set(region, region.outerHTML);
  }
}

function toEnd() {
  const scroll = byId("scroll");
  if (!scroll) return;
  scroll.scrollTop = scroll.scrollHeight;
  byId("newer").hidden = true;
}

// --- hearing what happens

let stream;
let soon;
function listen() {
  stream?.close();
  stream = new EventSource(withTenant("/_mock/events"));
  stream.onopen = () => {
    state("on", "Live");
    refresh(); // What happened while nobody listened is not told again.
  };
  stream.onmessage = () => {
    soon ??= setTimeout(() => {
      soon = undefined;
      refresh();
    }, 60);
  };
  stream.onerror = () => {
    state("off", "Reconnecting");
    // After an answer that is no stream, the browser does not try again by itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

function state(kind, word) {
  byId("live").dataset.state = kind;
  if (byId("live-word").textContent !== word) byId("live-word").textContent = word;
}

// A browser opens six connections to one host: a tab that nobody looks at holds none.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stream?.close();
    state("off", "Paused");
  } else listen();
});

// --- what a person does

function fields(form) {
  const said = {};
  for (const field of form.elements) {
    if (!field.name || (field.type === "radio" && !field.checked)) continue;
    const { type } = field.dataset;
    if (type === "number") said[field.name] = Number(field.value);
    else if (type === "utc") said[field.name] = new Date(`${field.value}Z`).toISOString();
    else said[field.name] = field.value;
  }
  return JSON.stringify(said);
}

async function act(element, line, body) {
  if (element.getAttribute("aria-busy") === "true") return false;
  element.setAttribute("aria-busy", "true");
  const done = await call(line, body);
  element.removeAttribute("aria-busy");
  if (!done) return false;
  if (element.dataset.done) say(element.dataset.done);
  await refresh();
  return true;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches(".find")) {
    event.preventDefault();
    find(form);
  }
  if (!form.dataset.call) return;
  event.preventDefault();
  if ((await act(form, form.dataset.call, fields(form))) && "clear" in form.dataset) {
    form.reset();
    grow(form.querySelector("textarea"));
    toEnd();
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { call: line, body, copy, open } = button.dataset;
  if (open) byId(open).showModal();
  if ("close" in button.dataset) button.closest("dialog").close();
  if (button.id === "newer") toEnd();
  if (copy !== undefined) await copied(copy);
  if (line) await act(button, line, body);
});

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    say("The browser does not let this page copy: select the text instead.", true);
  }
}

document.addEventListener("change", async (event) => {
  const input = event.target;
  if (input.id === "tenant") input.form.submit();
  if (!input.dataset?.upload || !input.files.length) return;
  await act(input, input.dataset.upload, input.files[0]);
  input.value = "";
});

document.addEventListener("keydown", (event) => {
  const plain = event.key === "Enter" && !event.shiftKey && !event.isComposing;
  if (!plain || !("enter" in (event.target.dataset ?? {}))) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

function grow(area) {
  if (area) area.rows = Math.min(6, area.value.split("\n").length);
}

// The server filters: the filter stays in the address, with what is followed and what is reloaded.
let typing;
function find(form) {
  clearTimeout(typing);
  const url = new URL(location.href);
  const { value } = form.elements.find;
  if (value.trim()) url.searchParams.set("find", value);
  else url.searchParams.delete("find");
  url.hash = "";
  history.replaceState(null, "", url);
  refresh();
}

// Blanks are refused as nothing is: `required` lets them through.
function check(area) {
  area.setCustomValidity(area.value && !area.value.trim() ? "Write more than blanks." : "");
}

document.addEventListener("input", (event) => {
  if ("enter" in (event.target.dataset ?? {})) {
    grow(event.target);
    check(event.target);
  }
  if (event.target.id === "find") {
    clearTimeout(typing);
    typing = setTimeout(find, 150, event.target.form);
  }
});

byId("scroll")?.addEventListener("scroll", (event) => {
  const { scrollHeight, scrollTop, clientHeight } = event.target;
  if (scrollHeight - scrollTop - clientHeight < 80) byId("newer").hidden = true;
});

const calendar = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC", day: "2-digit", month: "long", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});
setInterval(() => {
  const time = document.querySelector("time[data-runs]");
  if (!time) return;
  const now = new Date(Date.parse(time.dateTime) + 1000);
  time.dateTime = now.toISOString();
  time.textContent = `${calendar.format(now).replace(" at ", ", ")} UTC`;
}, 1000);

// Each conversation is a page of its own: the list is where it was left, with the chosen one in view.
const rooms = byId("rooms");
const place = `blinger-mock-rooms-${tenant}`;
if (rooms) {
  rooms.scrollTop = sessionStorage.getItem(place) ?? 0;
  // Where a phone shows the list alone, none is chosen.
  if (document.querySelector(".chat")?.clientHeight) {
    rooms.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }
  addEventListener("pagehide", () => {
    if (rooms.clientHeight) sessionStorage.setItem(place, rooms.scrollTop);
  });
}

remember();
if (!location.hash) toEnd(); // "Show earlier" leads to where one was
listen();
