// Both sides of the conversation, turn by turn: words as they form, tool cards, what was not heard.

import { element, setText } from './dom.js';

const STATUS = { running: 'working', ok: 'done', error: 'failed', cancelled: 'cancelled' };
const AUDIBLE = { playing: 'speaking', held: 'on hold' };

export class ConversationView {
  #list;
  #announcer;
  #scroller;
  #turns = new Map(); // turn number -> TurnView
  #following = true; // whether the newest words are in view

  constructor(list, announcer, scroller) {
    this.#list = list;
    this.#announcer = announcer;
    this.#scroller = scroller;
    scroller.addEventListener('scroll', () => { this.#following = this.#atEnd(); });
    // A narrower window makes the conversation longer: who was at its end stays there.
    new ResizeObserver(() => { if (this.#following) this.#toEnd(); }).observe(scroller);
  }

  clear() {
    this.#list.replaceChildren();
    this.#announcer.replaceChildren();
    this.#turns.clear();
  }

  show(turns) {
    let previous = null;
    for (const turn of turns) {
      let view = this.#turns.get(turn.turn);
      if (!view) {
        view = new TurnView(turn.turn, (line) => this.#announce(line));
        this.#turns.set(turn.turn, view);
        if (previous) previous.item.after(view.item);
        else this.#list.prepend(view.item);
      }
      view.show(turn);
      previous = view;
    }
    if (this.#following) this.#toEnd();
  }

  #toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #atEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < 80;
  }

  // Words still forming would make a screen reader stutter: only what is settled is announced.
  #announce(line) {
    this.#announcer.append(element('p', '', line));
    if (this.#announcer.childElementCount > 20) this.#announcer.firstElementChild.remove();
  }
}

class TurnView {
  #announce;
  #shown = null;
  #user = new Line('you', 'You');
  #agent = new Line('agent', 'Agent');
  #tools = element('div', 'tools');
  #cards = new Map();

  constructor(number, announce) {
    this.#announce = announce;
    this.item = element('li', 'turn', this.#user.row, this.#tools, this.#agent.row);
    this.item.dataset.turn = number;
  }

  show(turn) {
    if (turn === this.#shown) return;
    const before = this.#shown;
    this.#shown = turn;
    this.item.hidden = !turn.user?.text && !turn.agent && !turn.tools.length;
    this.#user.show(turn.user, null);
    this.#agent.show(turn.agent, turn.agent?.final ? null : turn.audible);
    for (const tool of turn.tools) this.#showTool(tool);
    if (turn.user?.final && !before?.user?.final) this.#announce(`You: ${turn.user.text}`);
    if (turn.agent?.final && !before?.agent?.final) {
      const { text, unheard } = turn.agent;
      this.#announce(`Agent: ${text}${unheard ? ` (interrupted; not heard: ${unheard})` : ''}`);
    }
  }

  #showTool(tool) {
    let card = this.#cards.get(tool.id);
    if (!card) {
      card = new ToolCard(tool);
      this.#cards.set(tool.id, card);
      this.#tools.append(card.item);
    }
    card.show(tool);
  }
}

class Line {
  #said = element('span', 'said');
  #unheard = element('del', 'unheard');
  #tag = element('span', 'tag');

  constructor(side, name) {
    this.row = element(
      'div',
      `line line-${side}`,
      element('p', 'speaker', name),
      element('p', 'words', this.#said, ' ', this.#unheard, this.#tag),
    );
    this.row.hidden = true;
  }

  /** `audible`: what its sound is doing now, or null. */
  show(line, audible) {
    this.row.hidden = !line || (!line.text && !line.unheard);
    if (!line) return;
    setText(this.#said, line.text);
    setText(this.#unheard, line.unheard);
    const interrupted = line.final && Boolean(line.unheard);
    setText(this.#tag, interrupted ? 'interrupted' : (AUDIBLE[audible] ?? ''));
    this.row.classList.toggle('forming', !line.final);
    this.row.classList.toggle('held', audible === 'held');
    this.row.classList.toggle('interrupted', interrupted);
  }
}

class ToolCard {
  #status = element('span', 'tool-status');
  #result = element('div', 'tool-result');

  constructor({ name, arguments: given }) {
    this.item = element(
      'article',
      'tool',
      element('header', 'tool-head', element('h3', 'tool-name', name.replaceAll('_', ' ')), this.#status),
      fields(given),
      this.#result,
    );
  }

  show({ name, status, result }) {
    this.item.dataset.status = status;
    this.item.setAttribute('aria-label', `Tool ${name}, ${STATUS[status] ?? status}`);
    setText(this.#status, STATUS[status] ?? status);
    this.#result.replaceChildren(...(result === null ? [] : [value(result)]));
  }
}

/** Any JSON value, readable: objects as name and value, lists of plain values in a row, other lists one below the other. */
function value(json) {
  if (Array.isArray(json)) {
    if (json.every((each) => typeof each !== 'object')) return element('span', 'value', json.map(plain).join(', ') || '–');
    return element('ol', 'values', ...json.map((each) => element('li', '', value(each))));
  }
  return json !== null && typeof json === 'object' ? fields(json) : element('span', 'value', plain(json));
}

const plain = (json) => ({ true: 'yes', false: 'no', null: '–' })[String(json)] ?? String(json);

function fields(object) {
  const rows = Object.entries(object).map(([name, json]) =>
    element('div', 'field', element('dt', '', name.replaceAll('_', ' ')), element('dd', '', value(json))),
  );
  return element('dl', 'fields', ...rows);
}
