-- What a sentence says of what it names. A sentence that denies it is kept, and supports nothing.
alter table evidence add column assertion text not null default 'affirmed'
    check (assertion in ('affirmed', 'negated', 'hypothetical'));
alter table evidence alter column assertion drop default;
