-- Reports.

-- name: titles :many
-- returns: {title: text}
SELECT title FROM book;

-- name:
SELECT 1;
-- name: nothing :exec
-- name: some :two
-- params: {a: txt
-- returns: {n: int46}
SELECT 1 AS n;
