"use strict";
// Draws the frames of a clip, and on them what one position of a block attends to.
const data = JSON.parse(document.getElementById("data").textContent);
const [frames, height, width] = data.size;
const images = [...document.querySelectorAll("#frames img")];
const stage = document.getElementById("stage");
const slider = document.getElementById("frame");
const choice = document.getElementById("block");
const strip = document.getElementById("strip");
const numbers = (text, Type) =>
  new Type(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
const blocks = data.blocks.map((block) => ({
  ...block,
  positions: numbers(block.positions, Uint32Array),
  weights: numbers(block.weights, Float32Array),
}));
const state = { frame: 0, query: blocks[0].query };

const current = () => blocks[Number(choice.value)];
const clamp = (value, most) => Math.min(Math.max(value, 0), most);
// The cell (t, h, w) of a flat index, and back.
const cellOf = (block, index) => {
  const [, rows, columns] = block.cells;
  return [Math.floor(index / (rows * columns)), Math.floor(index / columns) % rows, index % columns];
};
const indexOf = (block, [t, h, w]) => (t * block.cells[1] + h) * block.cells[2] + w;
// The nearest cell along one dimension, and the first frame that is nearest to a cell.
const nearest = (block, axis, value) =>
  clamp(Math.round((value - block.starts[axis]) / block.steps[axis]), block.cells[axis] - 1);
const frameOf = (block, t) =>
  clamp(Math.ceil(block.starts[0] + block.steps[0] * (t - 0.5)), frames - 1);

function targets(block) {
  const found = [];
  for (let place = 0; place < block.k; place += 1) {
    const weight = block.weights[state.query * block.k + place];
    if (weight !== 0) {
      found.push({ cell: cellOf(block, block.positions[state.query * block.k + place]), weight });
    }
  }
  return found;
}

function rectangle(block, cell, scale) {
  const [y, x] = [1, 2].map((axis) => block.starts[axis] + block.steps[axis] * (cell[axis] - 0.5) + 0.5);
  return [x, y, block.steps[2], block.steps[1]].map((value) => value * scale);
}

function draw(canvas, frame) {
  const block = current();
  const scale = canvas.width / width;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(images[frame], 0, 0, canvas.width, canvas.height);
  const time = nearest(block, 0, frame);
  const found = targets(block);
  const strongest = Math.max(...found.map((target) => Math.abs(target.weight)), 1e-30);
  for (const { cell, weight } of found.filter((target) => target.cell[0] === time)) {
    const strength = Math.abs(weight) / strongest;
    const color = weight < 0 ? "40, 120, 255" : `255, ${Math.round(210 - 150 * strength)}, 40`;
    context.fillStyle = `rgba(${color}, ${0.25 + 0.5 * strength})`;
    context.fillRect(...rectangle(block, cell, scale));
  }
  const query = cellOf(block, state.query);
  if (query[0] === time) {
    context.strokeStyle = "#ff3b30";
    context.lineWidth = Math.max(2, canvas.width / 160);
    context.strokeRect(...rectangle(block, query, scale));
  }
}

function show() {
  const block = current();
  slider.value = state.frame;
  document.getElementById("number").textContent = `${state.frame} (0 to ${frames - 1})`;
  draw(stage, state.frame);
  for (const [frame, canvas] of [...strip.children].entries()) {
    draw(canvas, frame);
    canvas.classList.toggle("now", frame === state.frame);
  }
  const [t, h, w] = cellOf(block, state.query);
  const found = targets(block);
  const inFrame = found.filter((target) => target.cell[0] === t).length;
  document.getElementById("words").textContent = found.length
    ? `The position ${frames > 1 ? `in frame ${frameOf(block, t)}, ` : ""}row ${h}, column ${w} of ` +
      `the grid attends most to the ${found.length} colored positions` +
      (frames > 1 ? `, ${inFrame} of them in its own frame` : "") +
      `. The largest weight is ${found[0].weight.toPrecision(3)}.`
    : "This position attends to nothing.";
}

function ask(canvas, frame, event) {
  const block = current();
  const box = canvas.getBoundingClientRect();
  const column = ((event.clientX - box.left) / box.width) * width - 0.5;
  const row = ((event.clientY - box.top) / box.height) * height - 0.5;
  const point = [frame, row, column];
  state.query = indexOf(block, point.map((value, axis) => nearest(block, axis, value)));
  state.frame = frame;
  show();
}

function move(event) {
  const step = { ArrowUp: [1, -1], ArrowDown: [1, 1], ArrowLeft: [2, -1], ArrowRight: [2, 1] }[event.key];
  if (!step) return;
  event.preventDefault();
  const block = current();
  const cell = cellOf(block, state.query);
  cell[0] = nearest(block, 0, state.frame);
  cell[step[0]] = clamp(cell[step[0]] + step[1], block.cells[step[0]] - 1);
  state.query = indexOf(block, cell);
  show();
}

function choose() {
  state.query = current().query;
  state.frame = frameOf(current(), cellOf(current(), state.query)[0]);
  show();
}

function canvasOf(wide) {
  const canvas = document.createElement("canvas");
  canvas.width = wide;
  canvas.height = Math.round((wide * height) / width);
  return canvas;
}

stage.width = Math.max(width, 480);
stage.height = Math.round((stage.width * height) / width);
stage.addEventListener("click", (event) => ask(stage, state.frame, event));
stage.addEventListener("keydown", move);
slider.addEventListener("input", () => {
  state.frame = Number(slider.value);
  show();
});
choice.addEventListener("change", choose);
for (let frame = 0; frame < (frames > 1 ? frames : 0); frame += 1) {
  const canvas = canvasOf(Math.max(width, 160));
  canvas.addEventListener("click", (event) => ask(canvas, frame, event));
  strip.append(canvas);
}
Promise.all(images.map((image) => image.decode())).then(choose);
