// Lists that are short: a table, a window to add and one to change.

import { api } from './api.js';
import { h } from './dom.js';
import { formDialog } from './form.js';
import { listView } from './list_view.js';
import { reload } from './router.js';
import { button, empty, pageHead, tell } from './ui.js';

/** Fewer than these are seen at a glance. */
const MANY = 8;

/**
 * {title, lead, noun, path, columns(), fields(item|undefined), body?(values, item), hint, name(item)}.
 * `extra(item)` gives more buttons of a row.
 */
export async function crudPage(ctx, spec) {
  const items = spec.items ?? await api.list(spec.path, { signal: ctx.signal });
  const edit = async (item) => {
    const saved = await formDialog({
      title: item ? `修改${spec.noun}` : `添加${spec.noun}`,
      intro: spec.intro?.(item),
      fields: spec.fields(item),
      wide: spec.wide,
      testid: `${spec.key}-dialog`,
      submit: (values) => {
        const body = spec.body ? spec.body(values, item) : values;
        return item ? api.put(`${spec.path}/${item.id}`, body) : api.post(spec.path, body);
      },
    });
    if (saved) {
      await reload();
      tell(item ? '已保存。' : `已添加${spec.noun}。`);
    }
  };
  const add = () => button(`添加${spec.noun}`, { main: true, icon: 'plus', testid: `${spec.key}-new`, onclick: () => { edit(); } });
  const acts = {
    name: '', acts: true,
    cell: (item) => h('div.row', {}, spec.extra?.(item),
      spec.fixed ? null : button('修改', { quiet: true, about: spec.name(item), testid: `${spec.key}-edit-${item.id}`, onclick: () => { edit(item); } })),
  };
  return h('div.page', {},
    pageHead({ title: spec.title, lead: spec.lead, actions: [add()] }),
    listView({
      ctx,
      label: spec.title,
      testid: `${spec.key}-table`,
      columns: [...spec.columns, acts],
      rows: items,
      words: items.length > MANY && { placeholder: `在${items.length} 条里找` },
      rowTestid: (item) => `${spec.key}-row-${item.id ?? item.day}`,
      rowOff: spec.off,
      file: spec.title,
      none: empty(`还没有${spec.noun}。`, spec.hint),
    }).element);
}
