// What every player has: a stage with the picture, buttons, a slider, keys, and captions.

const SECONDS_PER_STEP = 1.5;

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
  stage.setAttribute("aria-label", image.alt);
  stage.setAttribute("role", "group");
  image.replaceWith(stage);
  svg.style.minWidth = `calc(${svg.getAttribute("width")} / 2)`; // a wide picture is scrolled
  stage.append(svg);
  return { stage, svg };
}

// Walks through the steps 0 … last, the last of them the finished picture. `display(step)` shows
// one, and gives back its sentence, its rule and, where it has one, the part that is at work.
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
    previous.disabled = position === 0;
    next.disabled = position === last;
    const name = timer ? "Pause" : "Play";
    player.textContent = name;
    player.setAttribute("aria-label", name);
    if (told.part) follow(told.part);
  }

  // Bring the part at work into view where the picture is larger than its stage.
  function follow(part) {
    const [frame, place] = [stage.getBoundingClientRect(), part.getBoundingClientRect()];
    const outside =
      place.left < frame.left || place.right > frame.right ||
      place.top < frame.top || place.bottom > frame.bottom;
    if (outside) {
      stage.scrollBy(
        place.left + place.width / 2 - frame.left - frame.width / 2,
        place.top + place.height / 2 - frame.top - frame.height / 2,
      );
    }
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
  addEventListener("beforeprint", () => {
    before = position;
    go(last);
  });
  addEventListener("afterprint", () => go(before));

  root.removeAttribute("id"); // the next output of the same picture has it too
  root.append(
    element("div", { className: "row" }, previous, player, next, slider, counter),
    caption,
  );
  return show;
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
