// What every player has: a stage with the picture, buttons, a slider, keys, and captions.

const SECONDS_PER_STEP = 1.5;
const SMALLEST = 0.7; // of the size on paper: text of 14 points has 13 pixels
const MARGIN = 24; // pixels around what is brought into view: the texts of a wire

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function button(name, onclick) {
  const made = element("button", { type: "button", textContent: name, onclick });
  made.setAttribute("aria-label", name);
  return made;
}

// The SVG that an image holds, put on a stage in its place.
export function stageOf(image) {
  const source = image.getAttribute("src");
  const parsed = new DOMParser().parseFromString(
    decodeURIComponent(source.slice(source.indexOf(",") + 1)),
    "image/svg+xml",
  );
  const svg = document.importNode(parsed.documentElement, true);
  const stage = element("div", { className: "stage", tabIndex: 0 });
  stage.setAttribute("aria-label", "Picture: the arrow keys go from step to step");
  stage.setAttribute("role", "group");
  image.replaceWith(stage);
  // A wide picture is scrolled before its text becomes too small to read.
  svg.style.minWidth = `calc(${svg.getAttribute("width")} * ${SMALLEST})`;
  stage.append(svg);
  return { stage, svg };
}

// A function that lights the parts of a picture which are at work, given as the names of their
// groups with spaces in between, and those alone; it gives back their outlines and lines.
export function lightsOf(svg) {
  let lit = [];
  return (names, backward) => {
    for (const shape of lit) shape.classList.remove("lit");
    lit = partsOf(svg, names, " > :is(path, rect, ellipse)");
    for (const shape of lit) shape.classList.add("lit");
    svg.classList.toggle("backward", Boolean(backward));
    return lit;
  };
}

export function partsOf(svg, names, within = "") {
  const all = names.split(" ").filter(Boolean);
  return all.flatMap((name) => [...svg.querySelectorAll(`.${name}${within}`)]);
}

// Walks through the steps 0 … last, the last of them the finished picture. `display(step)` shows
// one, and gives back its sentence, its rule and the parts that are at work, those first that
// are to be seen where there is no room for all.
export function controls(root, stage, last, display) {
  let position = last;
  let timer = 0;

  const sentence = element("div");
  const rule = element("div", { className: "rule" });
  const caption = element("div", { className: "caption" }, sentence, rule);
  caption.setAttribute("role", "status");
  caption.setAttribute("aria-live", "polite");

  function show() {
    const told = display(position);
    [sentence.textContent, rule.textContent] = [told.sentence, told.rule];
    slider.value = position;
    slider.setAttribute("aria-valuetext", `step ${position} of ${last}`);
    counter.textContent = `${position} / ${last}`;
    // Not `disabled`: that would take the focus away, and with it the keys.
    previous.setAttribute("aria-disabled", position === 0);
    next.setAttribute("aria-disabled", position === last);
    const name = timer ? "Pause" : "Play";
    player.textContent = name;
    player.setAttribute("aria-label", name);
    if (told.parts.length) follow(told.parts.map((part) => part.getBoundingClientRect()));
  }

  // Bring what is at work into view where the picture is larger than its stage.
  function follow(places) {
    const frame = stage.getBoundingClientRect();
    const way = (start, end, count = places.length) => {
      const shown = places.slice(0, count);
      const from = Math.min(...shown.map((place) => place[start])) - MARGIN;
      const to = Math.max(...shown.map((place) => place[end])) + MARGIN;
      if (from >= frame[start] && to <= frame[end]) return 0;
      const fits = to - from <= frame[end] - frame[start];
      if (!fits && count > 1) return way(start, end, count - 1);
      return (from + to - frame[start] - frame[end]) / 2;
    };
    stage.scrollBy(way("left", "right"), way("top", "bottom"));
  }

  function go(step) {
    position = Math.min(last, Math.max(0, step));
    show();
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
  }

  function tick() {
    if (position >= last - 1 || !root.isConnected) pause();
    go(position + 1);
  }

  function toggle() {
    if (timer) {
      pause();
      show();
      return;
    }
    if (position === last) position = 0;
    timer = setInterval(tick, SECONDS_PER_STEP * 1000);
    show();
  }

  const stepTo = (step) => {
    pause();
    go(step);
  };

  const previous = button("Previous", () => stepTo(position - 1));
  const player = button("Play", toggle);
  const next = button("Next", () => stepTo(position + 1));
  const slider = element("input", { type: "range", min: 0, max: last, step: 1 });
  slider.setAttribute("aria-label", "Step");
  slider.oninput = () => stepTo(Number(slider.value));
  const counter = element("span", { className: "counter" });

  const keys = {
    ArrowLeft: () => stepTo(position - 1),
    ArrowRight: () => stepTo(position + 1),
    Home: () => stepTo(0),
    End: () => stepTo(last),
  };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // a notebook would take letters and arrows for its commands
    const typing = event.target.matches("select, input[type=number]");
    const action = event.target === stage && event.key === " " ? toggle : keys[event.key];
    if (typing || !action) return;
    event.preventDefault();
    action();
  });
  root.dataset.lmSuppressShortcuts = "true"; // what JupyterLab asks before it looks at a key

  // Print shows the finished picture.
  let before = position;
  root.printing = {
    beforeprint() {
      before = position;
      go(last);
    },
    afterprint() {
      go(before);
    },
  };
  const held = new WeakRef(root);
  for (const event of Object.keys(root.printing)) listenWeakly(event, held);

  root.removeAttribute("id"); // the next output of the same picture has it too
  root.append(
    element("div", { className: "row" }, previous, player, next, slider, counter),
    caption,
  );
  return show;
}

// The window outlives the output of a cell, so it must not hold the player.
function listenWeakly(event, held) {
  const listener = () => {
    const root = held.deref();
    if (root) root.printing[event]();
    else removeEventListener(event, listener);
  };
  addEventListener(event, listener);
}

// The script may run before its output stands in the page; the page may hold it twice.
export function start(id, play, told, tries = 40) {
  const roots = document.querySelectorAll(`[id="${id}"]`);
  if (!roots.length && tries) setTimeout(() => start(id, play, told, tries - 1), 50);
  for (const root of roots) {
    const image = root.querySelector(":scope > img");
    if (image) play(root, image, told);
  }
}
