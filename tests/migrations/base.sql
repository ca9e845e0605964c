INSERT INTO author (name, email) VALUES ('Ada', 'ada@x'), ('Bob', NULL);
INSERT INTO post (title, body, views, rate, mood, author_id) VALUES
    ('One', 'b', 5, 1.5, 'good', 1), ('Two', NULL, 0, NULL, 'ok', 1), ('Three', 'c', 7, 2, 'ok', NULL);
