import type { Database } from "../database/open-database.ts";
import { unchanging } from "../sessions/rights.ts";

/** Where nothing is ever changed, `level` says what an earlier release let people do without it. */
const settled = `
  with own as (
    select user_id, resource, coalesce(own, case level
        when 'view' then array['view']
        when 'edit' then array['view', 'add', 'change']
        else array['view', 'add', 'change', 'delete'] end) as actions
      from permissions where user_id = any(?)
  ), held as (
    select user_id, resource, unnest(actions) as action from own
    union
    select m.user_id, p.resource, unnest(p.actions)
      from group_members m join group_permissions p on p.group_id = m.group_id
      where m.user_id = any(?)
  ), whole as (
    select user_id, resource, array_agg(action) as actions from held group by user_id, resource
  ), reached as (
    select *, case when resource = any(?) then array_append(actions, 'change') else actions end as reach
      from whole
  ), gone as (
    delete from permissions p where user_id = any(?)
      and not exists (select from whole w where w.user_id = p.user_id and w.resource = p.resource)
  )
  insert into permissions (user_id, resource, own, actions, level)
    select w.user_id, w.resource, coalesce(o.actions, '{}'), w.actions,
        case when w.reach @> array['view', 'add', 'change', 'delete'] then 'delete'
          when w.reach @> array['view', 'add', 'change'] then 'edit'
          else 'view' end
      from reached w left join own o on o.user_id = w.user_id and o.resource = w.resource
    on conflict (user_id, resource) do update
      set own = excluded.own, actions = excluded.actions, level = excluded.level`;

/**
 * Writes down what people may do: their own rights and those of their groups. Every change of
 * either calls it in its transaction, so that the look-up of a session reads one table.
 */
export async function settleRights(transaction: Database, userIds: readonly number[]): Promise<void> {
  if (userIds.length === 0) return;
  const ids = [...userIds];
  // One after the other, so that the later one sees what the earlier one has written.
  await transaction("users").whereIn("id", ids).orderBy("id").forUpdate().select("id");
  await transaction.raw(settled, [ids, ids, [...unchanging], ids]);
}
