CREATE SEQUENCE article_seq START WITH 100 INCREMENT BY 50;

CREATE TABLE article (
    id           bigint PRIMARY KEY,
    title        varchar(200) NOT NULL,
    author       varchar(100) NOT NULL,
    body         text NOT NULL,
    published_at timestamptz NOT NULL
);

CREATE INDEX article_published_at ON article (published_at DESC, id DESC);

CREATE SEQUENCE comment_seq START WITH 100 INCREMENT BY 50;

CREATE TABLE comment (
    id         bigint PRIMARY KEY,
    article_id bigint NOT NULL REFERENCES article,
    author     varchar(100) NOT NULL,
    text       text NOT NULL,
    written_at timestamptz NOT NULL
);

CREATE INDEX comment_article_id ON comment (article_id, id);

INSERT INTO article VALUES
    (1, 'Harbour bridge opens a lane early', 'Ines Okafor',
     'The northern lane of the harbour bridge takes traffic from Monday, three weeks ahead of the plan. The southern lane follows in spring.',
     now() - interval '3 days'),
    (2, 'Library keeps its night hours', 'Tomas Lindqvist',
     'After a trial that filled every desk, the city library stays open until midnight on weekdays.',
     now() - interval '2 days'),
    (3, 'Storks return to the old mill', 'Ayla Demir',
     'For the first time in eleven years a pair is nesting on the chimney of the old mill. A camera is to follow.',
     now() - interval '1 day');

INSERT INTO comment VALUES
    (1, 1, 'Jon', 'My bus thanks you.', now() - interval '2 days'),
    (2, 3, 'Marta', 'Please, no drones near the nest.', now() - interval '5 hours');
