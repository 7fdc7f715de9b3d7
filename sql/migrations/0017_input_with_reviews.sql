-- The input of a work item together with what reviewers said of it; the same input where they said nothing.
create function with_said(input text, said text) returns text language sql immutable parallel safe as $$
    select case when said is null then input else digest_of(input, said) end
$$;
