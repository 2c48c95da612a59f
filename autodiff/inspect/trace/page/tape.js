// The tape: a row for each step, in the order of recording.

const mostInCell = 4;

/** A button that shows the elements of a step. */
function elementsButton(i, text, show) {
  const button = make('button', {type: 'button', class: 'many', 'aria-haspopup': 'dialog'}, text);
  button.addEventListener('click', () => show(i));
  return button;
}

class Tape {
  constructor(story, section, showElements) {
    this.story = story;
    this.section = section;
    this.showElements = showElements;
    const titles = [
      'Slot',
      'Name',
      'Step',
      'Operands',
      'Value',
      'Slopes',
      ...(story.sources ? ['Where'] : []),
      'Adjoint'
    ];
    const numbers = new Set(['Slot', 'Value', 'Adjoint']);
    const head = make(
      'tr',
      {},
      ...titles.map((title) => make('th', {scope: 'col', class: numbers.has(title) ? 'number' : ''}, title))
    );
    this.rows = story.steps.map((_, i) => this.#row(i));
    section.append(
      make(
        'table',
        {},
        make('caption', {class: 'unseen'}, 'The tape: every step in the order of recording'),
        make('thead', {}, head),
        make('tbody', {}, ...this.rows.map((row) => row.element))
      )
    );
  }

  #row(i) {
    const {story} = this,
      step = story.steps[i];
    const listed = (write) => {
      const texts = step.operands.slice(0, mostInCell).map((_, k) => write(k));
      if (step.operands.length > mostInCell) texts.push(`… ${step.operands.length - mostInCell} more`);
      return texts.join(', ');
    };
    const slope = (operand) => (operand.slot === null ? '–' : short(operand.slope));
    const isBlock = step.operands.some((operand) => operand.slot !== null && operand.slope === null);
    const slopes = isBlock ? 'many' : listed((k) => slope(step.operands[k]));
    const operands = listed((k) => story.operandName(i, k));
    const slot = step.count > 1 ? `${step.slot}–${step.slot + step.count - 1}` : `${step.slot}`;
    const value =
      step.count > 1
        ? elementsButton(i, shapeText(step.shape, step.count), this.showElements)
        : figure(step.values && step.values[0], '');
    const adjoint = make('td', {class: 'number adjoint'});
    const element = make(
      'tr',
      {'data-step': i},
      make('td', {class: 'number'}, slot),
      make('th', {scope: 'row', title: step.name}, story.name(i)),
      make('td', {}, sign(step.label)),
      make('td', {class: 'list', title: operands}, operands),
      make('td', {class: 'number value'}, value),
      make('td', {class: 'list', title: slopes}, slopes),
      ...(story.sources ? [make('td', {class: 'where'}, story.place(i))] : []),
      adjoint
    );
    return {element, adjoint, shown: ''};
  }

  show(moment, current) {
    const {story} = this;
    this.rows.forEach((row, i) => {
      const isNow = current.step === i || (current.kind === 'end' && story.steps[i].kind === 'variable');
      const state = isNow ? 'now' : story.recordedAt[i] > moment ? 'todo' : '';
      row.element.className = `${state}${row.isHovered ? ' hovered' : ''}`;
      if (current.step === i) row.element.setAttribute('aria-current', 'step');
      else row.element.removeAttribute('aria-current');
      const text = story.adjointText(i, moment),
        adjoints = story.adjoints(i, moment);
      const key = text === '' ? '' : story.steps[i].count > 1 ? text : exact(adjoints[0]);
      if (row.shown === key) return;
      row.shown = key;
      row.adjoint.replaceChildren(
        text === ''
          ? ''
          : story.steps[i].count > 1
            ? elementsButton(i, shapeText(story.steps[i].shape, story.steps[i].count), this.showElements)
            : figure(adjoints[0], '')
      );
    });
    if (current.step === undefined) this.section.scrollTo(0, 0);
    else this.reveal(current.step);
  }

  reveal(i) {
    const {section} = this,
      row = this.rows[i].element;
    const top = row.offsetTop - section.querySelector('thead').offsetHeight,
      bottom = row.offsetTop + row.offsetHeight;
    if (top < section.scrollTop || bottom > section.scrollTop + section.clientHeight)
      section.scrollTop = (top + bottom - section.clientHeight) / 2;
  }
}
