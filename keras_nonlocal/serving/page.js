"use strict";
// Sends the file that is dropped or chosen, and shows the answer.
const part = (name) => document.getElementById(name);
const kind = document.body.dataset.kind;
const maxBytes = Number(document.body.dataset.maxBytes);
let sending = null;
let address = null;

function say(text, wrong = false) {
  part("words").textContent = text;
  part("words").classList.toggle("wrong", wrong);
}

function play(file) {
  if (address) URL.revokeObjectURL(address);
  address = URL.createObjectURL(file);
  const media = document.createElement(kind === "video" ? "video" : "img");
  if (kind === "video") {
    Object.assign(media, { controls: true, autoplay: true, loop: true, muted: true, playsInline: true });
    media.setAttribute("aria-label", "The video");
  } else {
    media.alt = "The image";
  }
  media.addEventListener("error", () => {
    const text = document.createElement("p");
    text.className = "note";
    text.textContent = "This browser cannot show the file. The network may read it all the same.";
    media.replaceWith(text);
  });
  media.src = address;
  part("media").replaceChildren(media);
}

function bars(answer) {
  part("measure").textContent = answer.top.length ? answer.measure : "";
  const rows = answer.top.map(({ label, value }) => {
    const row = document.createElement("tr");
    const name = document.createElement("th");
    const bar = document.createElement("td");
    const number = document.createElement("td");
    const meter = document.createElement("meter");
    name.scope = "row";
    name.textContent = label;
    meter.value = value;
    meter.setAttribute("aria-hidden", "true");
    number.textContent = value.toFixed(3);
    bar.append(meter);
    row.append(name, bar, number);
    return row;
  });
  part("bars").tBodies[0].replaceChildren(...rows);
}

function box(context, cell, scale) {
  const corner = [cell.column - cell.width / 2 + 0.5, cell.row - cell.height / 2 + 0.5];
  return [...corner, cell.width, cell.height].map((value) => value * scale);
}

async function figure({ size, query, targets }, { number, jpeg }) {
  const [height, width] = size;
  const picture = new Image();
  picture.src = `data:image/jpeg;base64,${jpeg}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(width, 320);
  canvas.height = Math.round((canvas.width * height) / width);
  const scale = canvas.width / width;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const strongest = Math.max(...targets.map(({ weight }) => Math.abs(weight)));
  for (const target of targets.filter(({ frame }) => frame === number)) {
    const strength = Math.abs(target.weight) / strongest;
    const color = target.weight < 0 ? "40, 120, 255" : `255, ${Math.round(210 - 150 * strength)}, 40`;
    context.fillStyle = `rgba(${color}, ${0.25 + 0.5 * strength})`;
    context.fillRect(...box(context, target, scale));
  }
  if (query.frame === number) {
    context.strokeStyle = "#ff3b30";
    context.lineWidth = 4;
    context.strokeRect(...box(context, query, scale));
  }
  const caption = document.createElement("figcaption");
  caption.textContent = `frame ${number}`;
  const whole = document.createElement("figure");
  whole.append(canvas, caption);
  return whole;
}

async function show(answer) {
  bars(answer);
  part("note").textContent = answer.note ?? "";
  if (answer.attention) {
    const { attention } = answer;
    part("block").textContent = `Block: ${attention.block}.`;
    part("frames").replaceChildren(
      ...(await Promise.all(attention.frames.map((frame) => figure(attention, frame)))),
    );
  }
  part("looks").hidden = !answer.attention;
  if (answer.picture) part("picture").src = `data:image/png;base64,${answer.picture}`;
  part("picture").hidden = !answer.picture;
}

async function send(files) {
  sending?.abort();
  const mine = (sending = new AbortController());
  for (const name of ["shown", "looks", "picture"]) part(name).hidden = true;
  if (files.length !== 1) return say("Drop one file. A folder or a text is not one.", true);
  const [file] = files;
  if (file.size > maxBytes) {
    const [most, received] = [maxBytes, file.size].map((bytes) => (bytes / 1e6).toFixed(1));
    return say(`The file must have at most ${most} MB. Received: ${received} MB.`, true);
  }
  const start = performance.now();
  bars({ top: [], measure: "" });
  part("note").textContent = "";
  play(file);
  part("shown").hidden = false;
  say("The network looks at it ...");
  try {
    const reply = await fetch("/predict", { method: "POST", body: file, signal: mine.signal });
    const answer = await reply.json().catch(() => ({ error: "The server is busy. Try again soon." }));
    if (mine !== sending) return;
    if (!reply.ok) {
      part("shown").hidden = true;
      return say(answer.error, true);
    }
    await show(answer);
    const seconds = ((performance.now() - start) / 1000).toFixed(2);
    const steps = Object.entries(answer.seconds).map(([name, value]) => `${name} ${value.toFixed(2)}`);
    say(`${file.name}: answered in ${seconds} seconds (${steps.join(", ")}).`);
  } catch (error) {
    if (mine === sending) say("The server does not answer. Is it still running?", true);
  }
}

part("file").addEventListener("change", (event) => {
  if (event.target.files.length) send([...event.target.files]);
  event.target.value = "";  // so that the same file can be chosen again
});
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    document.body.classList.toggle("over", name === "dragenter" || name === "dragover");
  });
}
document.addEventListener("drop", (event) => send([...event.dataTransfer.files]));
