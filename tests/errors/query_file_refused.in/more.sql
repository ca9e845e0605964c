-- name: titles :many
-- params: {id: int64}
-- returns: {title: text}
SELECT title
FROM book
WHERE idd = :id;

-- name: first :one
-- returns: {title: int64}
SELECT title FROM book LIMIT 1;
