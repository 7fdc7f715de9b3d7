-- The closure by the keys of its nodes; the table itself holds their numbers.
create view keyed_closure as
select c.tree, n.key as node, a.key as ancestor, c.relation, c.min_depth
from closure c join node n on n.id = c.node join node a on a.id = c.ancestor;
