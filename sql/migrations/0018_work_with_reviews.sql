-- What of the judgements of an item its input rests on (keys of reviews, joined by commas), and the input without them;
-- both null where nothing that was said changes the result. Who works on the item heeds these reviews and no others.
alter table work add column base text, add column said text;
