-- Queries of reports.yaml in a file of their own.

-- name: books_like :many
-- doc: Books by the beginning of their title.
-- params: {like: text}
-- returns: book
SELECT *
FROM book
WHERE title LIKE :like -- not :this
ORDER BY id;

-- name: lend :execrows
-- params: {book: int64, reader: int64, lent: state}
UPDATE book SET reader_id = :reader, state = :lent WHERE id = :book;
