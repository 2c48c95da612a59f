// Numbers and elements of the page. All text goes in as text: nothing of a record is ever read as markup.

/** JSON has no NaN and no infinities: they come as strings. */
function numeric(x) {
  return typeof x === 'string' ? Number(x) : x;
}

/** All digits, as it would be written in a program. */
function exact(x) {
  return Object.is(x, -0) ? '-0' : String(x);
}

/** Four digits, or a whole number as it is. */
function short(x) {
  if (x === null || x === undefined) return '?';
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return x > 0 ? '∞' : '−∞';
  const size = Math.abs(x);
  const isTiny = size > 0 && size < 1e-4;
  const text =
    Number.isInteger(x) && size < 1e6
      ? `${x}`
      : isTiny
        ? x.toExponential(3).replace(/\.?0+e/, 'e')
        : `${Number(x.toPrecision(4))}`;
  return text.replaceAll('-', '−').replace('e+', 'e');
}

/** The same as a factor or a term of a sum. */
function factor(x) {
  return x < 0 ? `(${short(x)})` : short(x);
}

const signs = new Map([
  ['*', '×'],
  ['-', '−'],
  ['/', '÷']
]);
/** An operator as it is printed. */
function sign(label) {
  return signs.get(label) ?? label;
}

/** An element with some attributes and children, which are elements or text. */
function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function draw(name, attributes = {}, ...children) {
  return fill(document.createElementNS(document.getElementById('graph').namespaceURI, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A number as text of the page; hovering shows all its digits. */
function figure(x, kind = 'number') {
  return make('span', {class: kind, title: x === null || x === undefined ? 'not known' : exact(x)}, short(x));
}

function shapeText(shape, count) {
  return shape ? `${shape[0]} × ${shape[1]}` : `${count}`;
}

/** Of many numbers their shape and their mean; of one, itself. */
function manyText(numbers, summary, shape, count) {
  if (count === 1) return short(numbers === null ? null : numbers[0]);
  const finite = numbers === null ? null : numbers.filter(Number.isFinite);
  const mean =
    finite === null
      ? summary && summary.mean
      : finite.length > 0
        ? finite.reduce((sum, x) => sum + x, 0) / finite.length
        : null;
  const broken = finite === null ? (summary ? summary.not_finite : 0) : count - finite.length;
  return (
    `[${shapeText(shape, count)}]` +
    (mean === null || mean === undefined ? '' : ` mean ${short(mean)}`) +
    (broken > 0 ? `, ${broken} not finite` : '')
  );
}

/** The value of an operand, or its shape if it has many. */
function operandNumber(operand) {
  return operand.value === null ? `[${shapeText(operand.shape, operand.count)}]` : short(operand.value);
}
