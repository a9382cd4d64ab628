--
-- PostgreSQL database dump
--


-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SELECT pg_catalog.set_config('search_path', '', false);



--
-- Name: account; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.account (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email character varying(254) DEFAULT ''::character varying NOT NULL,
    name character varying(120) DEFAULT ''::character varying NOT NULL,
    role character varying(10) DEFAULT ''::character varying NOT NULL,
    password_hash character varying(200) DEFAULT ''::character varying NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    disabled_at timestamp with time zone
);


--
-- Name: admission; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.admission (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    event uuid,
    ticket uuid,
    day character varying(10) DEFAULT ''::character varying NOT NULL,
    inside boolean DEFAULT true NOT NULL,
    admitted_at timestamp with time zone NOT NULL,
    scan uuid DEFAULT gen_random_uuid() NOT NULL,
    revision bigint DEFAULT 0 NOT NULL
);


--
-- Name: api_token; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.api_token (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    account uuid,
    secret_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    revoked_at timestamp with time zone
);


--
-- Name: audit_entry; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_entry (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_kind character varying(10) DEFAULT ''::character varying NOT NULL,
    actor character varying(36) DEFAULT ''::character varying NOT NULL,
    action character varying(40) DEFAULT ''::character varying NOT NULL,
    subject_kind character varying(20) DEFAULT ''::character varying NOT NULL,
    subject character varying(36) DEFAULT ''::character varying NOT NULL,
    event uuid,
    address character varying(60) DEFAULT ''::character varying NOT NULL,
    facts json DEFAULT '{}'::json NOT NULL
);


--
-- Name: confirmed_festival; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.confirmed_festival (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    year integer DEFAULT 0 NOT NULL,
    festival character varying(30) DEFAULT ''::character varying NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    sangkran_at timestamp with time zone,
    source character varying(300) DEFAULT ''::character varying NOT NULL,
    withdrawn boolean DEFAULT false NOT NULL,
    revision integer DEFAULT 0 NOT NULL,
    confirmed_at timestamp with time zone NOT NULL
);


--
-- Name: contact; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.contact (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    host_country character varying(2) DEFAULT NULL::character varying,
    kind character varying(20) DEFAULT ''::character varying NOT NULL,
    label json DEFAULT '{}'::json NOT NULL,
    value character varying(300) DEFAULT ''::character varying NOT NULL,
    hours text DEFAULT ''::text NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    checked_on date,
    latitude double precision,
    longitude double precision,
    opening json DEFAULT '[]'::json NOT NULL
);


--
-- Name: counter; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.counter (
    name character varying(30) DEFAULT ''::character varying NOT NULL,
    value integer DEFAULT 0 NOT NULL
);


--
-- Name: event; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.event (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number integer DEFAULT 0 NOT NULL,
    slug character varying(120) DEFAULT ''::character varying NOT NULL,
    host_country character varying(2) DEFAULT NULL::character varying,
    campaign character varying(120) DEFAULT ''::character varying NOT NULL,
    festival character varying(30) DEFAULT ''::character varying NOT NULL,
    title json DEFAULT '{}'::json NOT NULL,
    description json DEFAULT '{}'::json NOT NULL,
    venue json DEFAULT '{}'::json NOT NULL,
    address json DEFAULT '{}'::json NOT NULL,
    latitude double precision,
    longitude double precision,
    starts_local timestamp without time zone NOT NULL,
    ends_local timestamp without time zone NOT NULL,
    time_zone character varying(60) DEFAULT ''::character varying NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    all_day boolean DEFAULT false NOT NULL,
    capacity integer,
    seats_taken integer DEFAULT 0 NOT NULL,
    seats_waiting integer DEFAULT 0 NOT NULL,
    party_limit integer DEFAULT 10 NOT NULL,
    entry_rule character varying(10) DEFAULT 'once'::character varying NOT NULL,
    registration_opens_local timestamp without time zone,
    registration_opens_at timestamp with time zone,
    registration_closes_local timestamp without time zone,
    registration_closes_at timestamp with time zone,
    registration_paused boolean DEFAULT false NOT NULL,
    state character varying(10) DEFAULT 'draft'::character varying NOT NULL,
    notice json DEFAULT '{}'::json NOT NULL,
    sequence integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    modified_at timestamp with time zone NOT NULL,
    revision bigint DEFAULT 0 NOT NULL,
    content_revision bigint DEFAULT 0 NOT NULL,
    retention_days integer DEFAULT 14 NOT NULL,
    previous_starts_at timestamp with time zone,
    bring json DEFAULT '{}'::json NOT NULL,
    facilities character varying(200) DEFAULT ''::character varying NOT NULL,
    picture character varying(64) DEFAULT ''::character varying NOT NULL,
    picture_alt json DEFAULT '{}'::json NOT NULL,
    programme json DEFAULT '[]'::json NOT NULL,
    travel json DEFAULT '{}'::json NOT NULL,
    held_after_hours integer DEFAULT 24 NOT NULL,
    held_after_passes integer DEFAULT 5 NOT NULL,
    admit_waiting boolean DEFAULT false NOT NULL,
    day_turns character varying(5) DEFAULT '04:00'::character varying NOT NULL,
    entry_closes_at timestamp with time zone,
    entry_closes_local timestamp without time zone,
    entry_opens_at timestamp with time zone,
    entry_opens_local timestamp without time zone,
    gate_search boolean DEFAULT false NOT NULL,
    CONSTRAINT event_seats CHECK (((seats_taken >= 0) AND (seats_waiting >= 0) AND ((capacity IS NULL) OR (seats_taken <= capacity)))),
    CONSTRAINT event_times CHECK ((ends_at > starts_at))
);


--
-- Name: event_picture; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.event_picture (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    event uuid,
    digest character varying(64) DEFAULT ''::character varying NOT NULL,
    kind character varying(4) DEFAULT ''::character varying NOT NULL,
    width integer DEFAULT 0 NOT NULL,
    height integer DEFAULT 0 NOT NULL,
    content bytea DEFAULT '\x'::bytea NOT NULL
);


--
-- Name: feed_stamp; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.feed_stamp (
    feed character varying(200) DEFAULT ''::character varying NOT NULL,
    fingerprint character varying(64) DEFAULT ''::character varying NOT NULL,
    modified_at timestamp with time zone NOT NULL
);


--
-- Name: former_slug; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.former_slug (
    slug character varying(60) DEFAULT ''::character varying NOT NULL,
    successor character varying(60) DEFAULT ''::character varying NOT NULL,
    gone boolean DEFAULT false NOT NULL
);


--
-- Name: gate_device; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.gate_device (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    pairing uuid,
    secret_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    number integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    battery smallint,
    clock_offset integer,
    kept boolean,
    rehearsing boolean DEFAULT false NOT NULL,
    scans_waiting integer DEFAULT 0 NOT NULL,
    synced_at timestamp with time zone,
    synced_to bigint,
    waiting_since timestamp with time zone
);


--
-- Name: host_country; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.host_country (
    code character varying(2) DEFAULT ''::character varying NOT NULL,
    slug character varying(60) DEFAULT ''::character varying NOT NULL,
    names json DEFAULT '{}'::json NOT NULL,
    time_zone character varying(60) DEFAULT ''::character varying NOT NULL,
    languages character varying(60) DEFAULT ''::character varying NOT NULL,
    paused boolean DEFAULT false NOT NULL,
    "position" integer DEFAULT 0 NOT NULL
);


--
-- Name: idempotency; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency (
    claim_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    body_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    status integer DEFAULT 0 NOT NULL,
    sealed_answer text DEFAULT ''::text NOT NULL,
    registration uuid,
    expires_at timestamp with time zone NOT NULL
);


--
-- Name: invitation; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.invitation (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    event uuid,
    label character varying(120) DEFAULT ''::character varying NOT NULL,
    party_limit integer DEFAULT 0 NOT NULL,
    uses integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);


--
-- Name: key_check; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.key_check (
    key_id integer DEFAULT 0 NOT NULL,
    check_hash character varying(64) DEFAULT ''::character varying NOT NULL
);


--
-- Name: migration; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.migration (
    id integer NOT NULL,
    name character varying(200) DEFAULT ''::character varying NOT NULL,
    app_name character varying(200) DEFAULT ''::character varying NOT NULL,
    ran_on timestamp without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);


--
-- Name: migration_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.migration_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: migration_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.migration_id_seq OWNED BY public.migration.id;


--
-- Name: pairing; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pairing (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    event uuid,
    label character varying(120) DEFAULT ''::character varying NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);


--
-- Name: pickup_point; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pickup_point (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    event uuid,
    name json DEFAULT '{}'::json NOT NULL,
    place json DEFAULT '{}'::json NOT NULL,
    departs_local timestamp without time zone,
    departs_at timestamp with time zone,
    seats integer,
    seats_taken integer DEFAULT 0 NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    CONSTRAINT pickup_point_seats CHECK (((seats_taken >= 0) AND ((seats IS NULL) OR (seats_taken <= seats))))
);


--
-- Name: posting; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.posting (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    account uuid,
    host_country character varying(2) DEFAULT NULL::character varying,
    event uuid,
    starts_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    ends_at timestamp with time zone
);


--
-- Name: reach; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.reach (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    registration uuid,
    channel character varying(20) DEFAULT ''::character varying NOT NULL,
    sealed_address text DEFAULT ''::text NOT NULL,
    address_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    consented_at timestamp with time zone NOT NULL,
    stopped_at timestamp with time zone
);


--
-- Name: registration; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.registration (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    event uuid,
    number character varying(16) DEFAULT ''::character varying NOT NULL,
    short_code character varying(6) DEFAULT ''::character varying NOT NULL,
    state character varying(10) DEFAULT ''::character varying NOT NULL,
    party integer DEFAULT 0 NOT NULL,
    children integer DEFAULT 0 NOT NULL,
    sealed_name text DEFAULT ''::text NOT NULL,
    language character varying(10) DEFAULT ''::character varying NOT NULL,
    pickup_point uuid,
    take_what_there_is boolean DEFAULT false NOT NULL,
    wait_position bigint,
    passed_over integer DEFAULT 0 NOT NULL,
    last_ticket integer DEFAULT 0 NOT NULL,
    link_issue integer DEFAULT 0 NOT NULL,
    consented_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revision bigint DEFAULT 0 NOT NULL,
    invitation uuid,
    attention character varying(60) DEFAULT ''::character varying NOT NULL,
    sealed_note text DEFAULT ''::text NOT NULL,
    CONSTRAINT registration_party CHECK (((party >= 1) AND (children >= 0) AND (children <= party)))
);


--
-- Name: scan; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.scan (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    event uuid,
    device uuid,
    nonce character varying(100) DEFAULT ''::character varying NOT NULL,
    registration uuid,
    ticket_number smallint,
    direction character varying(3) DEFAULT 'in'::character varying NOT NULL,
    outcome character varying(20) DEFAULT ''::character varying NOT NULL,
    code character varying(40) DEFAULT ''::character varying NOT NULL,
    override character varying(200) DEFAULT ''::character varying NOT NULL,
    shown character varying(20) DEFAULT ''::character varying NOT NULL,
    offline boolean DEFAULT false NOT NULL,
    rehearsal boolean DEFAULT false NOT NULL,
    clock_off boolean DEFAULT false NOT NULL,
    phone_at timestamp with time zone NOT NULL,
    scanned_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    answer json DEFAULT '{}'::json NOT NULL,
    acknowledged_at timestamp with time zone,
    conflict boolean DEFAULT false NOT NULL,
    undone boolean DEFAULT false NOT NULL
);


--
-- Name: session; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.session (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    account uuid,
    secret_hash character varying(64) DEFAULT ''::character varying NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    seen_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    expires_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    address character varying(60) DEFAULT ''::character varying NOT NULL
);


--
-- Name: throttle; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.throttle (
    failures integer DEFAULT 0 NOT NULL,
    key character varying(64) DEFAULT ''::character varying NOT NULL,
    window_ends_at timestamp with time zone NOT NULL
);


--
-- Name: ticket; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ticket (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    event uuid,
    registration uuid,
    number smallint DEFAULT 0 NOT NULL,
    issue smallint DEFAULT 0 NOT NULL,
    sealed_name text DEFAULT ''::text NOT NULL,
    child boolean DEFAULT false NOT NULL,
    state character varying(10) DEFAULT 'valid'::character varying NOT NULL,
    revision bigint DEFAULT 0 NOT NULL
);


--
-- Name: walk_in; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.walk_in (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    event uuid,
    device uuid,
    nonce character varying(100) DEFAULT ''::character varying NOT NULL,
    size integer DEFAULT 0 NOT NULL,
    children integer DEFAULT 0 NOT NULL,
    counted_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    phone_at timestamp with time zone,
    undone boolean DEFAULT false NOT NULL,
    CONSTRAINT walk_in_size CHECK (((size >= 1) AND (children >= 0) AND (children <= size)))
);


--
-- Name: migration id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.migration ALTER COLUMN id SET DEFAULT nextval('public.migration_id_seq'::regclass);


--
-- Data for Name: account; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.account VALUES ('bd851493-4938-43f0-9b32-e6b1d0a87181', 'korea@bon.example', 'Korea', 'attache', '', '2026-11-25 02:56:26.31482+00', NULL);
INSERT INTO public.account VALUES ('0aa88087-70ab-442e-b066-97e624998b1b', 'japan@bon.example', 'Japan', 'attache', '', '2026-11-25 02:56:26.332802+00', NULL);
INSERT INTO public.account VALUES ('f3640e12-cbc3-4ff0-954d-6dfd74be8ed8', 'hq@bon.example', 'Hq', 'hq', '', '2026-11-25 02:56:26.340776+00', NULL);


--
-- Data for Name: admission; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.admission VALUES ('3f711993-cc40-4442-9376-d80b1ac71b80', '1cd9aac0-d399-429f-8755-254dff335685', '688245e6-7d9e-489e-903d-e3250b4c6c5b', 'once', true, '2026-11-25 02:56:26.513947+00', 'ea3f6873-f4ca-4ff8-b481-eef61fc62dbd', 10);
INSERT INTO public.admission VALUES ('4adb1242-cbf6-460a-969e-3c237cb87d58', '1cd9aac0-d399-429f-8755-254dff335685', '5499a42b-6405-4585-816b-e26aa3f6756a', 'once', true, '2026-11-25 02:56:26.513947+00', 'af150f30-8ba5-4789-885b-171745e8d0dc', 10);


--
-- Data for Name: api_token; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.api_token VALUES ('c27843fe-c0e6-4b95-a20d-95ee45788027', 'bd851493-4938-43f0-9b32-e6b1d0a87181', 'edc35230f75afefd35a8027f127588b8459123630ee75de1b138b7ff16d0e2b7', '2026-11-25 02:56:26.327862+00', NULL);
INSERT INTO public.api_token VALUES ('34d03c06-acd1-44d8-a3ee-6add50e09333', '0aa88087-70ab-442e-b066-97e624998b1b', '24e66e226bcada84954c3f837640dbcff85e5096136b560c18923919a426ccb8', '2026-11-25 02:56:26.33831+00', NULL);
INSERT INTO public.api_token VALUES ('873b168d-bc74-4a14-8430-766c49d246bc', 'f3640e12-cbc3-4ff0-954d-6dfd74be8ed8', 'ac7ce962a397c5b6e7b8ec5aead8b77f04dbe778acd979e95ea0b29a843d0d4e', '2026-11-25 02:56:26.342786+00', NULL);


--
-- Data for Name: audit_entry; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit_entry VALUES ('4779d38f-8c24-4c9f-8243-12d07214ba3e', '2026-11-25 02:56:26.324554+00', 'operator', '', 'posted', 'account', 'bd851493-4938-43f0-9b32-e6b1d0a87181', NULL, '', '{"host_country":"KR"}');
INSERT INTO public.audit_entry VALUES ('96efff30-1140-4cd5-9d52-098bd3a37115', '2026-11-25 02:56:26.329135+00', 'operator', '', 'token_added', 'api_token', 'c27843fe-c0e6-4b95-a20d-95ee45788027', NULL, '', '{}');
INSERT INTO public.audit_entry VALUES ('2e5aa7e0-fe03-46a5-a4a5-58592433ba17', '2026-11-25 02:56:26.336022+00', 'operator', '', 'posted', 'account', '0aa88087-70ab-442e-b066-97e624998b1b', NULL, '', '{"host_country":"JP"}');
INSERT INTO public.audit_entry VALUES ('1fdcbc09-2f4e-4381-9439-bdfa260570ad', '2026-11-25 02:56:26.338656+00', 'operator', '', 'token_added', 'api_token', '34d03c06-acd1-44d8-a3ee-6add50e09333', NULL, '', '{}');
INSERT INTO public.audit_entry VALUES ('75a4d25d-b208-4805-b4e6-da68586313d5', '2026-11-25 02:56:26.34316+00', 'operator', '', 'token_added', 'api_token', '873b168d-bc74-4a14-8430-766c49d246bc', NULL, '', '{}');
INSERT INTO public.audit_entry VALUES ('975b56f9-6267-4796-ad99-b91347bcc94e', '2026-11-25 02:56:26.359538+00', 'staff', 'bd851493-4938-43f0-9b32-e6b1d0a87181', 'event_created', 'event', '1cd9aac0-d399-429f-8755-254dff335685', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{"host_country":"KR"}');
INSERT INTO public.audit_entry VALUES ('4047e9bd-b33c-4726-b94f-b14ccbd6d4c0', '2026-11-25 02:56:26.371355+00', 'staff', 'bd851493-4938-43f0-9b32-e6b1d0a87181', 'event_published', 'event', '1cd9aac0-d399-429f-8755-254dff335685', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{}');
INSERT INTO public.audit_entry VALUES ('701a299c-5828-46c8-bb57-04788977a757', '2026-11-25 02:56:26.387718+00', 'worker', '', 'registered', 'registration', '8eb8f10a-a076-4b05-b769-7dd05ef7d56e', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{"party":3,"state":"confirmed"}');
INSERT INTO public.audit_entry VALUES ('1d409f93-b2e5-4dab-904e-65b4dc6612b8', '2026-11-25 02:56:26.394893+00', 'worker', '', 'registered', 'registration', '1e74f322-7a5e-4188-9888-70cc6480f295', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{"party":2,"state":"confirmed"}');
INSERT INTO public.audit_entry VALUES ('46bf11f7-b5a1-4a77-b225-2b05256c1711', '2026-11-25 02:56:26.40298+00', 'worker', '', 'registered', 'registration', '0bf94394-7dc7-485f-842a-12af8bb37262', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{"party":2,"state":"waiting"}');
INSERT INTO public.audit_entry VALUES ('6213f556-9437-4494-9b41-11eae4b25e58', '2026-11-25 02:56:26.411383+00', 'worker', '', 'registered', 'registration', '2a576458-b595-43a9-a81c-c19e64234b12', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{"party":1,"state":"waiting"}');
INSERT INTO public.audit_entry VALUES ('fdfb7b03-ce39-4acf-b50e-5d134d86bfd9', '2026-11-25 02:56:26.416284+00', 'rule', '', 'moved_up', 'registration', '2a576458-b595-43a9-a81c-c19e64234b12', '1cd9aac0-d399-429f-8755-254dff335685', '', '{"party":1}');
INSERT INTO public.audit_entry VALUES ('fe6c4a8f-8ea8-4ebe-8939-546a79452af7', '2026-11-25 02:56:26.430317+00', 'worker', '', 'gave_up', 'registration', '2a576458-b595-43a9-a81c-c19e64234b12', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{"people":1}');
INSERT INTO public.audit_entry VALUES ('9b69f308-ed8c-4b51-8e96-a394baa25540', '2026-11-25 02:56:26.434012+00', 'worker', '', 'erased', 'registration', '2a576458-b595-43a9-a81c-c19e64234b12', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{}');
INSERT INTO public.audit_entry VALUES ('123a32c1-54a6-401e-923f-7cac20a2134a', '2026-11-25 02:56:26.4492+00', 'worker', '', 'handed_on', 'registration', '1e74f322-7a5e-4188-9888-70cc6480f295', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{"ticket":2,"friend":"76c16157-9329-4a59-83fd-070295e272c5"}');
INSERT INTO public.audit_entry VALUES ('c5c8f807-aaf1-4f45-acaa-c0456642fa23', '2026-11-25 02:56:26.458849+00', 'worker', '', 'registered', 'registration', 'e6f6f97e-594a-4025-aca1-b4716b6c964d', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{"party":1,"state":"waiting"}');
INSERT INTO public.audit_entry VALUES ('61b65a68-2e89-4567-9db0-0a1fa1979a0b', '2026-11-25 02:56:26.461206+00', 'rule', '', 'moved_up', 'registration', 'e6f6f97e-594a-4025-aca1-b4716b6c964d', '1cd9aac0-d399-429f-8755-254dff335685', '', '{"party":1}');
INSERT INTO public.audit_entry VALUES ('ced57742-4946-4ed1-bd03-4aab33fae730', '2026-11-25 02:56:26.482297+00', 'staff', 'bd851493-4938-43f0-9b32-e6b1d0a87181', 'invited', 'invitation', '2248a4d3-ed58-4bb7-a60d-eb0c1015175a', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{"label":"Leader Sokha","party_limit":40}');
INSERT INTO public.audit_entry VALUES ('eb8b7834-4fab-4374-b8bb-9c2e60d4ffa3', '2026-11-25 02:56:26.494653+00', 'staff', 'bd851493-4938-43f0-9b32-e6b1d0a87181', 'attention_set', 'registration', '8eb8f10a-a076-4b05-b769-7dd05ef7d56e', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{"attention":"monk"}');
INSERT INTO public.audit_entry VALUES ('a251311e-3749-451f-bb2f-110e6a8dab52', '2026-11-25 02:56:26.506081+00', 'staff', 'bd851493-4938-43f0-9b32-e6b1d0a87181', 'gate_paired', 'pairing', '24bcd1d6-accd-496d-ad45-c74a32b8694f', '1cd9aac0-d399-429f-8755-254dff335685', '127.0.0.0/24', '{}');
INSERT INTO public.audit_entry VALUES ('2405e88b-6835-4624-891b-5d50409f478f', '2026-11-25 02:56:26.509752+00', 'device', '51e0aa3e-4c25-45a5-82c5-953d74de841a', 'device_added', 'pairing', '24bcd1d6-accd-496d-ad45-c74a32b8694f', NULL, '', '{}');
INSERT INTO public.audit_entry VALUES ('e09dab40-284a-482f-b932-6e84e4ec9dd8', '2026-11-25 02:56:26.655845+00', 'staff', '0aa88087-70ab-442e-b066-97e624998b1b', 'event_created', 'event', '27bd981b-9196-40b3-99a5-8adaf80d2e2a', '27bd981b-9196-40b3-99a5-8adaf80d2e2a', '127.0.0.0/24', '{"host_country":"JP"}');
INSERT INTO public.audit_entry VALUES ('c9bdcae7-8d8a-4e3e-9457-d1bb378d2c39', '2026-11-25 02:56:26.662734+00', 'staff', '0aa88087-70ab-442e-b066-97e624998b1b', 'event_published', 'event', '27bd981b-9196-40b3-99a5-8adaf80d2e2a', '27bd981b-9196-40b3-99a5-8adaf80d2e2a', '127.0.0.0/24', '{}');
INSERT INTO public.audit_entry VALUES ('585d40a1-4745-485b-9c1e-eb9d85773433', '2026-11-25 02:56:26.669448+00', 'staff', '0aa88087-70ab-442e-b066-97e624998b1b', 'event_cancelled', 'event', '27bd981b-9196-40b3-99a5-8adaf80d2e2a', '27bd981b-9196-40b3-99a5-8adaf80d2e2a', '127.0.0.0/24', '{}');
INSERT INTO public.audit_entry VALUES ('a8dda4e5-4821-45a8-92d6-3298b8a68f2c', '2026-11-25 02:56:26.677542+00', 'staff', 'bd851493-4938-43f0-9b32-e6b1d0a87181', 'event_created', 'event', 'd5ab1ca5-3473-421f-87f9-ad4173994635', 'd5ab1ca5-3473-421f-87f9-ad4173994635', '127.0.0.0/24', '{"host_country":"KR"}');


--
-- Data for Name: confirmed_festival; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: contact; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.contact VALUES ('1d3a7c52-0000-4000-8000-000000001297', NULL, 'hotline', '{"km": "ខ្សែទូរស័ព្ទក្រសួងការងារ (ការហៅពីបរទេស នៅរង់ចាំការបញ្ជាក់)", "en": "Ministry of Labour hotline (dialling from abroad to be confirmed)"}', '1297', '', 1000, NULL, NULL, NULL, '[]');


--
-- Data for Name: counter; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.counter VALUES ('event_number', 3);


--
-- Data for Name: event; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.event VALUES ('1cd9aac0-d399-429f-8755-254dff335685', 1, 'release-festival', 'KR', 'New Year 2090', 'khmer_new_year', '{"en":"Release festival","km":"បុណ្យ"}', '{"km":"សូមអញ្ជើញបងប្អូន","en":"Everybody is welcome"}', '{"km":"សួនម៉ានសុក","en":"Manseok Park"}', '"Songjuk-dong, Suwon"', 37.3008, 127.0006, '2090-04-11 09:00:00', '2090-04-11 17:00:00', 'Asia/Seoul', '2090-04-11 00:00:00+00', '2090-04-11 08:00:00+00', false, 6, 6, 2, 5, 'free', NULL, NULL, NULL, NULL, false, 'published', '{}', 0, '2026-11-25 02:56:26+00', '2026-11-25 02:56:27+00', 10, 1, 14, NULL, '{}', '', '', '{}', '[{"at":"09:00","what":{"en":"Monks"}}]', '{}', 24, 5, false, '04:00', NULL, NULL, NULL, NULL, false);
INSERT INTO public.event VALUES ('27bd981b-9196-40b3-99a5-8adaf80d2e2a', 2, 'cancelled-festival', 'JP', '', 'khmer_new_year', '{"en":"Cancelled festival"}', '{"km":"សូមអញ្ជើញបងប្អូន","en":"Everybody is welcome"}', '{"km":"សួនម៉ានសុក","en":"Manseok Park"}', '"Songjuk-dong, Suwon"', 37.3008, 127.0006, '2090-04-18 09:00:00', '2090-04-18 17:00:00', 'Asia/Tokyo', '2090-04-18 00:00:00+00', '2090-04-18 08:00:00+00', false, 100, 0, 0, 5, 'once', NULL, NULL, NULL, NULL, false, 'cancelled', '{"en":"storm"}', 1, '2026-11-25 02:56:26+00', '2026-11-25 02:56:28+00', 2, 2, 14, NULL, '{}', '', '', '{}', '[]', '{}', 24, 5, false, '04:00', NULL, NULL, NULL, NULL, false);
INSERT INTO public.event VALUES ('d5ab1ca5-3473-421f-87f9-ad4173994635', 3, 'draft-festival', 'KR', '', 'khmer_new_year', '{"en":"Draft festival"}', '{"km":"សូមអញ្ជើញបងប្អូន","en":"Everybody is welcome"}', '{"km":"សួនម៉ានសុក","en":"Manseok Park"}', '"Songjuk-dong, Suwon"', 37.3008, 127.0006, '2090-09-26 09:00:00', '2090-09-26 17:00:00', 'Asia/Seoul', '2090-09-26 00:00:00+00', '2090-09-26 08:00:00+00', false, 100, 0, 0, 5, 'once', NULL, NULL, NULL, NULL, false, 'draft', '{}', 0, '2026-11-25 02:56:26+00', '2026-11-25 02:56:26+00', 0, 0, 14, NULL, '{}', '', '', '{}', '[]', '{}', 24, 5, false, '04:00', NULL, NULL, NULL, NULL, false);


--
-- Data for Name: event_picture; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: feed_stamp; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: former_slug; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: gate_device; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.gate_device VALUES ('51e0aa3e-4c25-45a5-82c5-953d74de841a', '24bcd1d6-accd-496d-ad45-c74a32b8694f', 'c62adb020401af5e21e2be61472ff21cdd2d3ebd7bc50929698539e05047e835', 1, '2026-11-25 02:56:26.508892+00', '2026-11-25 02:56:26.508895+00', NULL, NULL, NULL, false, 0, NULL, NULL, NULL);


--
-- Data for Name: host_country; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.host_country VALUES ('TH', 'thailand', '{"km": "ថៃ", "en": "Thailand"}', 'Asia/Bangkok', 'th', false, 0);
INSERT INTO public.host_country VALUES ('KR', 'korea', '{"km": "កូរ៉េ", "en": "Korea"}', 'Asia/Seoul', 'ko', false, 1);
INSERT INTO public.host_country VALUES ('JP', 'japan', '{"km": "ជប៉ុន", "en": "Japan"}', 'Asia/Tokyo', 'ja', false, 2);
INSERT INTO public.host_country VALUES ('MY', 'malaysia', '{"km": "ម៉ាឡេស៊ី", "en": "Malaysia"}', 'Asia/Kuala_Lumpur', 'ms en', false, 3);
INSERT INTO public.host_country VALUES ('SG', 'singapore', '{"km": "សិង្ហបុរី", "en": "Singapore"}', 'Asia/Singapore', 'en zh', false, 4);
INSERT INTO public.host_country VALUES ('HK', 'hong-kong', '{"km": "ហុងកុង", "en": "Hong Kong"}', 'Asia/Hong_Kong', 'zh en', false, 5);
INSERT INTO public.host_country VALUES ('TW', 'taiwan', '{"km": "តៃវ៉ាន់", "en": "Taiwan"}', 'Asia/Taipei', 'zh', false, 6);
INSERT INTO public.host_country VALUES ('SA', 'saudi-arabia', '{"km": "អារ៉ាប៊ីសាអូឌីត", "en": "Saudi Arabia"}', 'Asia/Riyadh', 'ar', false, 7);
INSERT INTO public.host_country VALUES ('KW', 'kuwait', '{"km": "គុយវ៉ែត", "en": "Kuwait"}', 'Asia/Kuwait', 'ar', false, 8);
INSERT INTO public.host_country VALUES ('AE', 'emirates', '{"km": "អេមីរ៉ាតអារ៉ាប់រួម", "en": "United Arab Emirates"}', 'Asia/Dubai', 'ar en', false, 9);


--
-- Data for Name: idempotency; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.idempotency VALUES ('82779ae68eb9260bfc3149c25ff738b2fbe4e1c5796be54b6988e873091a4b29', '251fd2c62420a57d66749f404824b6fc1ae3208355eea2eda0752132da4994bf', 201, 'AKLzamD4egMnnaGvZx/Iz6hV5o1IRVzbPt2AKGOt3VTcHZi9C6rmeTNGoqbQGgas9OXueVUQnKRcFMrLkWfjVWKw6wS76OncCcdTRiOkq2myr3zhST7Oe4ePGslmG6qT4a3Hw3bscmTFujFm+1AsMXkQLgFstCTMhVFNTgeeg5YL1cMlAAAT/Y+W93AS9eG9aBV+/+5CPkvTr4KsbybvnunaZB+RkDLzh4142OQKZPW07sN2V/INaR9XXO4jw8pPbReFdO1UbMLICw16oUE5onS754L9Zs9R1Qk/SmMjwRJ5WuK3zq1UF8/7f9bcCL8IUc/sVxX6ZACTQuKihhJ5Nkd7xW/GNA29DZNoOcxLLj+Ej/Qy7LZ/pAVh3PejIuPZgS1UEMmLr+YmI+j5DCCsWO2FVFh62OrwSPjg+E7YaKXN3PIeHGJZvu7kEYNlEfV9k/LSFceMYEwsSg+fPx0qMa7hESO5rpyXT85bv8gZ7DSs2CRapOR2L0IGUH7Cgw+1uicVt3zl4cPA8Lu6ES8K0jztv7iebCYrhMoTiQY4wi9MyLysh5xubQqIcDe+T9hrZPRwFvK+nkQV+xvvkEQJaJD9ake6y47/Rfs1eY1lMnmJvUYKurRbXBucuV/27h3Iw8DSiVkVjAOcX5eyzT2dwiFh6/xT1fDJFgCDaXYnGC93syJa9sw+ebqknqmGEzXuM2XIL8HCDA24NxU4Hen9wNFhd6OZ2xiKL4HcLQZ6hZA5NYpFKNwjRjm4KPWh34OSGy4mBzt5cYn0t2GQnvQZOOrNUgdmdUsbWqAFhJs3tHnSSEIWa1f6cgUGh/rrRSZAwtn6LU+Eaeas', 'e6f6f97e-594a-4025-aca1-b4716b6c964d', '2026-11-26 02:56:26.463017+00');
INSERT INTO public.idempotency VALUES ('760e53073b39fd35bfa39186c982d52608f190ba45ec28a3bf6204ae2869846a', '5a320b39fa599ba088f245e41f9512ec06cb9b7c4b30b6ea47a6bea7db6207df', 303, 'AJiPE7TqY5r/X3txJmi+3X2p27EKfRv083GUaFkx8x/krDslDRAPt1D1cE6FX/d81Xgn3xiWm/djY0Z/hR2hOp35dzXTCOZ+s5c=', NULL, '2026-11-26 02:56:26.482981+00');


--
-- Data for Name: invitation; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.invitation VALUES ('2248a4d3-ed58-4bb7-a60d-eb0c1015175a', '1cd9aac0-d399-429f-8755-254dff335685', 'Leader Sokha', 40, 0, '2026-11-25 02:56:26.481113+00', NULL);


--
-- Data for Name: key_check; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: migration; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.migration VALUES (1, '2026-11-23T03:52:42:000000', 'models', '2026-11-25 02:56:26.010504');
INSERT INTO public.migration VALUES (2, '2026-11-23T03:52:43:000000', 'models', '2026-11-25 02:56:26.053132');
INSERT INTO public.migration VALUES (3, '2026-11-23T03:52:44:000000', 'models', '2026-11-25 02:56:26.062343');
INSERT INTO public.migration VALUES (4, '2026-11-23T05:22:00:000000', 'models', '2026-11-25 02:56:26.08412');
INSERT INTO public.migration VALUES (5, '2026-11-23T05:22:01:000000', 'models', '2026-11-25 02:56:26.08948');
INSERT INTO public.migration VALUES (6, '2026-11-24T15:21:52:000000', 'models', '2026-11-25 02:56:26.113347');
INSERT INTO public.migration VALUES (7, '2026-11-24T15:21:53:000000', 'models', '2026-11-25 02:56:26.119433');
INSERT INTO public.migration VALUES (8, '2026-11-24T16:02:04:000000', 'models', '2026-11-25 02:56:26.138005');
INSERT INTO public.migration VALUES (9, '2026-11-24T16:02:05:000000', 'models', '2026-11-25 02:56:26.145347');
INSERT INTO public.migration VALUES (10, '2026-11-24T18:00:00:000000', 'models', '2026-11-25 02:56:26.169002');
INSERT INTO public.migration VALUES (11, '2026-11-24T18:00:01:000000', 'models', '2026-11-25 02:56:26.1744');


--
-- Data for Name: pairing; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pairing VALUES ('24bcd1d6-accd-496d-ad45-c74a32b8694f', '1cd9aac0-d399-429f-8755-254dff335685', 'North gate', '2026-11-25 02:56:26.50475+00', '2090-04-11 20:00:00+00', NULL);


--
-- Data for Name: pickup_point; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.pickup_point VALUES ('cc106b2f-678c-4d46-b302-68bbbc2d8faa', '1cd9aac0-d399-429f-8755-254dff335685', '"Osan"', '"Osan station"', '2090-04-11 08:00:00', '2090-04-10 23:00:00+00', 45, 3, 0);


--
-- Data for Name: posting; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.posting VALUES ('c0e8d6f6-0ea1-4fdd-b9ec-924c2c8f5ec8', 'bd851493-4938-43f0-9b32-e6b1d0a87181', 'KR', NULL, '2026-11-25 02:56:26.323045+00', NULL);
INSERT INTO public.posting VALUES ('054d3ccd-3b93-4967-b706-45f4ae1316f1', '0aa88087-70ab-442e-b066-97e624998b1b', 'JP', NULL, '2026-11-25 02:56:26.335636+00', NULL);


--
-- Data for Name: reach; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.reach VALUES ('6ccefb9a-5cf9-4457-b0f9-ea10da71d9a0', '8eb8f10a-a076-4b05-b769-7dd05ef7d56e', 'phone', 'AOnSde20w0uw4UdY7wqADxmkQhAAe9p1UdN/UDrcwLKkkh0NltfqEnp8', '992d379b3108f98aaa080b4456294a1970052123db11057c0a7833fd59c1aa10', '2026-11-25 02:56:26.3863+00', NULL);
INSERT INTO public.reach VALUES ('4599a3a0-f6dc-4b42-a6d3-6b6e520794e4', '8eb8f10a-a076-4b05-b769-7dd05ef7d56e', 'e-mail', 'AGyhRvGueY/4ZK05VR8fMsH/1EbcE42TQpyt/3KW/ADomyStiEZCvj586G4m', '13450171894d4ae1b663d2ece0de4f007cede40f40c6df0c6436b5e1f47b3159', '2026-11-25 02:56:26.387394+00', NULL);


--
-- Data for Name: registration; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.registration VALUES ('2a576458-b595-43a9-a81c-c19e64234b12', '1cd9aac0-d399-429f-8755-254dff335685', '3791f68acb2955e9', 'C887Y5', 'erased', 1, 0, '', 'en', NULL, false, NULL, 0, 1, 0, '2026-11-25 02:56:26.409099+00', '2026-11-25 02:56:26.409099+00', 6, NULL, '', '');
INSERT INTO public.registration VALUES ('1e74f322-7a5e-4188-9888-70cc6480f295', '1cd9aac0-d399-429f-8755-254dff335685', '04812b04831a7ea8', 'SCX5G6', 'confirmed', 1, 0, 'AMzR9XIFo8U9nEnA7SApHbFNMcsZjKmebJqcf0J+exfaMF3JV6M=', 'en', NULL, false, NULL, 0, 2, 0, '2026-11-25 02:56:26.392852+00', '2026-11-25 02:56:26.392852+00', 7, NULL, '', '');
INSERT INTO public.registration VALUES ('e6f6f97e-594a-4025-aca1-b4716b6c964d', '1cd9aac0-d399-429f-8755-254dff335685', '31c9e5daccdc75ea', 'JYA8H3', 'confirmed', 1, 0, 'ADSCVeMglJ5kaBbWDT6WVDyxlxRzpohevAGY8B4QTeD2b8w=', 'en', NULL, false, NULL, 0, 1, 0, '2026-11-25 02:56:26.456813+00', '2026-11-25 02:56:26.456813+00', 8, NULL, '', '');
INSERT INTO public.registration VALUES ('0bf94394-7dc7-485f-842a-12af8bb37262', '1cd9aac0-d399-429f-8755-254dff335685', '947418b26acaef01', 'PYP6PW', 'waiting', 2, 0, 'ALgFk5W4UMCETbllLEQTR46LOlD/rLYIyVTB4zSmlKlKrwgn0w==', 'en', NULL, false, 4, 2, 2, 0, '2026-11-25 02:56:26.400454+00', '2026-11-25 02:56:26.400454+00', 4, NULL, '', '');
INSERT INTO public.registration VALUES ('76c16157-9329-4a59-83fd-070295e272c5', '1cd9aac0-d399-429f-8755-254dff335685', '076432a924f3328b', 'NGD8B2', 'confirmed', 1, 0, 'AGMIflPAhpxuBtiayGsa6hKzD3oG+yDJxknWh1ZNXRwgQtI=', 'en', NULL, false, NULL, 0, 1, 0, '2026-11-25 02:56:26.447405+00', '2026-11-25 02:56:26.44741+00', 10, NULL, '', '');
INSERT INTO public.registration VALUES ('8eb8f10a-a076-4b05-b769-7dd05ef7d56e', '1cd9aac0-d399-429f-8755-254dff335685', 'a6f076c13c9dd14d', 'FJFDQR', 'confirmed', 3, 0, 'AEGBfEhYwVX/pm6ORekhcydfvcgBixUMYLBRhN+hM65GcC9P9g==', 'en', 'cc106b2f-678c-4d46-b302-68bbbc2d8faa', false, NULL, 0, 3, 0, '2026-11-25 02:56:26.379841+00', '2026-11-25 02:56:26.379841+00', 10, NULL, 'monk', 'AINXYgkecdL/+ycQ4fy5mx9Z3Xm5Tbt3aVtE3y53rEwl0iLjf6fiuJnpk8GHv2zl');


--
-- Data for Name: scan; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.scan VALUES ('ea3f6873-f4ca-4ff8-b481-eef61fc62dbd', '1cd9aac0-d399-429f-8755-254dff335685', '51e0aa3e-4c25-45a5-82c5-953d74de841a', 'e3bd28006aaf4f078d5f4d63d1471373', '8eb8f10a-a076-4b05-b769-7dd05ef7d56e', 1, 'in', 'admitted', '', '', '', false, false, false, '2026-11-25 02:56:26.513947+00', '2026-11-25 02:56:26.513947+00', '2026-11-25 02:56:26.637567+00', '{"nonce":"e3bd28006aaf4f078d5f4d63d1471373","outcome":"admitted","repeat":false,"code":"","numbers":[{"number":1,"outcome":"admitted"}],"first":{"at":"2026-11-25T02:56:26.513947+00:00","device":"North gate"},"party":{"size":3,"admitted":1}}', NULL, false, false);
INSERT INTO public.scan VALUES ('af150f30-8ba5-4789-885b-171745e8d0dc', '1cd9aac0-d399-429f-8755-254dff335685', '51e0aa3e-4c25-45a5-82c5-953d74de841a', '8cf20d186d7b443ebf1d4d5bee32fb77', '76c16157-9329-4a59-83fd-070295e272c5', 1, 'in', 'admitted', '', '', '', false, false, false, '2026-11-25 02:56:26.513947+00', '2026-11-25 02:56:26.513947+00', '2026-11-25 02:56:26.637567+00', '{"nonce":"8cf20d186d7b443ebf1d4d5bee32fb77","outcome":"admitted","repeat":false,"code":"","numbers":[{"number":1,"outcome":"admitted"}],"first":{"at":"2026-11-25T02:56:26.513947+00:00","device":"North gate"},"party":{"size":1,"admitted":1}}', NULL, false, false);


--
-- Data for Name: session; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.session VALUES ('170b49b1-1778-4f03-8a69-30355201d7e2', 'bd851493-4938-43f0-9b32-e6b1d0a87181', 'd3334adfedaf00700ab214a5a89c0a3ec5a009474cf9986dd307b6f84ee41e42', '2026-11-25 02:56:26.330524+00', '2026-11-25 02:56:26.330524+00', '2026-11-25 03:56:26.330524+00', '');
INSERT INTO public.session VALUES ('534b904b-e7e7-4a3f-bbc2-5ba06b104ea6', '0aa88087-70ab-442e-b066-97e624998b1b', '549f8581c7f6e552cbb3d89e0bb0774f32474ab2e706644ba5017366d3eb531d', '2026-11-25 02:56:26.339749+00', '2026-11-25 02:56:26.339749+00', '2026-11-25 03:56:26.339749+00', '');
INSERT INTO public.session VALUES ('235b25a1-f06b-4caf-b120-1d8a6262d58d', 'f3640e12-cbc3-4ff0-954d-6dfd74be8ed8', 'a29d0a2454a519bf19a8ebbca8834beba4f0e8e7a4257a51df350f89c7ea5526', '2026-11-25 02:56:26.344147+00', '2026-11-25 02:56:26.344147+00', '2026-11-25 03:56:26.344147+00', '');
INSERT INTO public.session VALUES ('0d0a2230-e9bc-4e63-b70e-7274c44ae4f3', 'bd851493-4938-43f0-9b32-e6b1d0a87181', 'df3a94c45423c2c549b52cb9a8e6d6c44e3bea3ec60f46c31d9ff630de9c2328', '2026-11-25 02:56:26.498427+00', '2026-11-25 02:56:26.498427+00', '2095-05-07 02:56:26.498427+00', '');


--
-- Data for Name: throttle; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: ticket; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.ticket VALUES ('688245e6-7d9e-489e-903d-e3250b4c6c5b', '1cd9aac0-d399-429f-8755-254dff335685', '8eb8f10a-a076-4b05-b769-7dd05ef7d56e', 1, 0, '', false, 'valid', 2);
INSERT INTO public.ticket VALUES ('e3aae4bc-5382-421f-bedd-cce25d8af564', '1cd9aac0-d399-429f-8755-254dff335685', '8eb8f10a-a076-4b05-b769-7dd05ef7d56e', 2, 0, 'AFJ7jCOTI293D8b1HAXQxVsar9AVhEhKkhKFfb3WtfIXEsvn1A==', false, 'valid', 2);
INSERT INTO public.ticket VALUES ('8f737e67-695c-4bab-a018-c211810ea413', '1cd9aac0-d399-429f-8755-254dff335685', '8eb8f10a-a076-4b05-b769-7dd05ef7d56e', 3, 0, 'AHSFlPii5hFKZU9/M2eER89iX2VjHuSKMSIUAwklowc1Tg==', false, 'valid', 2);
INSERT INTO public.ticket VALUES ('275ed40f-71e4-489b-b68f-7667f05d081e', '1cd9aac0-d399-429f-8755-254dff335685', '1e74f322-7a5e-4188-9888-70cc6480f295', 1, 0, '', false, 'valid', 3);
INSERT INTO public.ticket VALUES ('6d832253-b7de-4892-a482-719ad0a62d7f', '1cd9aac0-d399-429f-8755-254dff335685', '0bf94394-7dc7-485f-842a-12af8bb37262', 1, 0, '', false, 'waiting', 4);
INSERT INTO public.ticket VALUES ('d8c7ab45-0412-41de-a5e9-208581b89d83', '1cd9aac0-d399-429f-8755-254dff335685', '0bf94394-7dc7-485f-842a-12af8bb37262', 2, 0, '', false, 'waiting', 4);
INSERT INTO public.ticket VALUES ('59551351-84db-4297-841c-cd403a8322c6', '1cd9aac0-d399-429f-8755-254dff335685', '2a576458-b595-43a9-a81c-c19e64234b12', 1, 0, '', false, 'given_up', 6);
INSERT INTO public.ticket VALUES ('4255fc3e-51d8-42b7-9ec5-057c829834c5', '1cd9aac0-d399-429f-8755-254dff335685', '1e74f322-7a5e-4188-9888-70cc6480f295', 2, 0, '', false, 'handed_on', 7);
INSERT INTO public.ticket VALUES ('5499a42b-6405-4585-816b-e26aa3f6756a', '1cd9aac0-d399-429f-8755-254dff335685', '76c16157-9329-4a59-83fd-070295e272c5', 1, 0, '', false, 'valid', 7);
INSERT INTO public.ticket VALUES ('d0bfc3d8-2838-480b-b484-e7ccd4fc07dc', '1cd9aac0-d399-429f-8755-254dff335685', 'e6f6f97e-594a-4025-aca1-b4716b6c964d', 1, 0, '', false, 'valid', 8);


--
-- Data for Name: walk_in; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.walk_in VALUES ('cfb7420e-cf2b-4d2e-89be-84d390cc1fee', '1cd9aac0-d399-429f-8755-254dff335685', '51e0aa3e-4c25-45a5-82c5-953d74de841a', 'w1', 4, 1, '2026-11-25 02:56:26.645025+00', '2026-11-25 02:56:26.645341+00', '2026-11-25 02:56:26.645025+00', false);


--
-- Name: migration_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.migration_id_seq', 11, true);


--
-- Name: account account_email_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_email_key UNIQUE (email);


--
-- Name: account account_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);


--
-- Name: admission admission_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.admission
    ADD CONSTRAINT admission_pkey PRIMARY KEY (id);


--
-- Name: api_token api_token_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (id);


--
-- Name: api_token api_token_secret_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_secret_hash_key UNIQUE (secret_hash);


--
-- Name: audit_entry audit_entry_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY (id);


--
-- Name: confirmed_festival confirmed_festival_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.confirmed_festival
    ADD CONSTRAINT confirmed_festival_pkey PRIMARY KEY (id);


--
-- Name: contact contact_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_pkey PRIMARY KEY (id);


--
-- Name: counter counter_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.counter
    ADD CONSTRAINT counter_pkey PRIMARY KEY (name);


--
-- Name: event event_number_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_number_key UNIQUE (number);


--
-- Name: event_picture event_picture_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event_picture
    ADD CONSTRAINT event_picture_pkey PRIMARY KEY (id);


--
-- Name: event event_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);


--
-- Name: event event_slug_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_slug_key UNIQUE (slug);


--
-- Name: feed_stamp feed_stamp_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.feed_stamp
    ADD CONSTRAINT feed_stamp_pkey PRIMARY KEY (feed);


--
-- Name: former_slug former_slug_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.former_slug
    ADD CONSTRAINT former_slug_pkey PRIMARY KEY (slug);


--
-- Name: gate_device gate_device_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.gate_device
    ADD CONSTRAINT gate_device_pkey PRIMARY KEY (id);


--
-- Name: gate_device gate_device_secret_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.gate_device
    ADD CONSTRAINT gate_device_secret_hash_key UNIQUE (secret_hash);


--
-- Name: host_country host_country_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.host_country
    ADD CONSTRAINT host_country_pkey PRIMARY KEY (code);


--
-- Name: host_country host_country_slug_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.host_country
    ADD CONSTRAINT host_country_slug_key UNIQUE (slug);


--
-- Name: idempotency idempotency_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (claim_hash);


--
-- Name: invitation invitation_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (id);


--
-- Name: key_check key_check_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.key_check
    ADD CONSTRAINT key_check_pkey PRIMARY KEY (key_id);


--
-- Name: migration migration_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (id);


--
-- Name: pairing pairing_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairing
    ADD CONSTRAINT pairing_pkey PRIMARY KEY (id);


--
-- Name: pickup_point pickup_point_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pickup_point
    ADD CONSTRAINT pickup_point_pkey PRIMARY KEY (id);


--
-- Name: posting posting_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.posting
    ADD CONSTRAINT posting_pkey PRIMARY KEY (id);


--
-- Name: reach reach_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reach
    ADD CONSTRAINT reach_pkey PRIMARY KEY (id);


--
-- Name: registration registration_number_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.registration
    ADD CONSTRAINT registration_number_key UNIQUE (number);


--
-- Name: registration registration_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.registration
    ADD CONSTRAINT registration_pkey PRIMARY KEY (id);


--
-- Name: scan scan_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.scan
    ADD CONSTRAINT scan_pkey PRIMARY KEY (id);


--
-- Name: session session_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);


--
-- Name: session session_secret_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_secret_hash_key UNIQUE (secret_hash);


--
-- Name: throttle throttle_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.throttle
    ADD CONSTRAINT throttle_pkey PRIMARY KEY (key);


--
-- Name: ticket ticket_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ticket
    ADD CONSTRAINT ticket_pkey PRIMARY KEY (id);


--
-- Name: walk_in walk_in_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.walk_in
    ADD CONSTRAINT walk_in_pkey PRIMARY KEY (id);


--
-- Name: admission_event_revision; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX admission_event_revision ON public.admission USING btree (event, revision);


--
-- Name: admission_scan; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX admission_scan ON public.admission USING btree (scan);


--
-- Name: admission_ticket_day; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX admission_ticket_day ON public.admission USING btree (ticket, day);


--
-- Name: api_token_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX api_token_account ON public.api_token USING btree (account);


--
-- Name: audit_entry_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_entry_at ON public.audit_entry USING btree (at);


--
-- Name: audit_entry_event; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_entry_event ON public.audit_entry USING btree (event);


--
-- Name: confirmed_festival_year_festival; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX confirmed_festival_year_festival ON public.confirmed_festival USING btree (year, festival);


--
-- Name: contact_host_country; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX contact_host_country ON public.contact USING btree (host_country);


--
-- Name: event_host_country_starts_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX event_host_country_starts_at ON public.event USING btree (host_country, starts_at);


--
-- Name: event_picture_event_kind; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX event_picture_event_kind ON public.event_picture USING btree (event, kind);


--
-- Name: gate_device_pairing_number; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX gate_device_pairing_number ON public.gate_device USING btree (pairing, number);


--
-- Name: idempotency_expires_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_expires_at ON public.idempotency USING btree (expires_at);


--
-- Name: idempotency_registration; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_registration ON public.idempotency USING btree (registration);


--
-- Name: invitation_event; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX invitation_event ON public.invitation USING btree (event);


--
-- Name: pairing_event; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pairing_event ON public.pairing USING btree (event);


--
-- Name: pickup_point_event; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pickup_point_event ON public.pickup_point USING btree (event);


--
-- Name: posting_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX posting_account ON public.posting USING btree (account);


--
-- Name: reach_address_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX reach_address_hash ON public.reach USING btree (address_hash);


--
-- Name: reach_registration; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX reach_registration ON public.reach USING btree (registration);


--
-- Name: registration_event_revision; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX registration_event_revision ON public.registration USING btree (event, revision);


--
-- Name: registration_event_short_code; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX registration_event_short_code ON public.registration USING btree (event, short_code);


--
-- Name: registration_event_state_wait_position; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX registration_event_state_wait_position ON public.registration USING btree (event, state, wait_position);


--
-- Name: registration_invitation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX registration_invitation ON public.registration USING btree (invitation);


--
-- Name: scan_conflict; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX scan_conflict ON public.scan USING btree (event) WHERE conflict;


--
-- Name: scan_event_nonce; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX scan_event_nonce ON public.scan USING btree (event, nonce);


--
-- Name: scan_registration; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX scan_registration ON public.scan USING btree (registration);


--
-- Name: session_account; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX session_account ON public.session USING btree (account);


--
-- Name: ticket_event_revision; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ticket_event_revision ON public.ticket USING btree (event, revision);


--
-- Name: ticket_registration_number; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX ticket_registration_number ON public.ticket USING btree (registration, number);


--
-- Name: walk_in_event_nonce; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX walk_in_event_nonce ON public.walk_in USING btree (event, nonce);


--
-- Name: admission admission_event_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.admission
    ADD CONSTRAINT admission_event_fkey FOREIGN KEY (event) REFERENCES public.event(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: admission admission_ticket_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.admission
    ADD CONSTRAINT admission_ticket_fkey FOREIGN KEY (ticket) REFERENCES public.ticket(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: api_token api_token_account_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_account_fkey FOREIGN KEY (account) REFERENCES public.account(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: contact contact_host_country_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_host_country_fkey FOREIGN KEY (host_country) REFERENCES public.host_country(code) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: event event_host_country_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_host_country_fkey FOREIGN KEY (host_country) REFERENCES public.host_country(code) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: event_picture event_picture_event_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.event_picture
    ADD CONSTRAINT event_picture_event_fkey FOREIGN KEY (event) REFERENCES public.event(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: gate_device gate_device_pairing_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.gate_device
    ADD CONSTRAINT gate_device_pairing_fkey FOREIGN KEY (pairing) REFERENCES public.pairing(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: idempotency idempotency_registration_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_registration_fkey FOREIGN KEY (registration) REFERENCES public.registration(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: invitation invitation_event_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.invitation
    ADD CONSTRAINT invitation_event_fkey FOREIGN KEY (event) REFERENCES public.event(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: pairing pairing_event_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairing
    ADD CONSTRAINT pairing_event_fkey FOREIGN KEY (event) REFERENCES public.event(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: pickup_point pickup_point_event_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pickup_point
    ADD CONSTRAINT pickup_point_event_fkey FOREIGN KEY (event) REFERENCES public.event(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: posting posting_account_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.posting
    ADD CONSTRAINT posting_account_fkey FOREIGN KEY (account) REFERENCES public.account(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: posting posting_event_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.posting
    ADD CONSTRAINT posting_event_fkey FOREIGN KEY (event) REFERENCES public.event(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: posting posting_host_country_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.posting
    ADD CONSTRAINT posting_host_country_fkey FOREIGN KEY (host_country) REFERENCES public.host_country(code) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: reach reach_registration_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reach
    ADD CONSTRAINT reach_registration_fkey FOREIGN KEY (registration) REFERENCES public.registration(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: registration registration_event_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.registration
    ADD CONSTRAINT registration_event_fkey FOREIGN KEY (event) REFERENCES public.event(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: registration registration_invitation_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.registration
    ADD CONSTRAINT registration_invitation_fkey FOREIGN KEY (invitation) REFERENCES public.invitation(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: registration registration_pickup_point_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.registration
    ADD CONSTRAINT registration_pickup_point_fkey FOREIGN KEY (pickup_point) REFERENCES public.pickup_point(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: scan scan_device_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.scan
    ADD CONSTRAINT scan_device_fkey FOREIGN KEY (device) REFERENCES public.gate_device(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: scan scan_event_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.scan
    ADD CONSTRAINT scan_event_fkey FOREIGN KEY (event) REFERENCES public.event(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: scan scan_registration_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.scan
    ADD CONSTRAINT scan_registration_fkey FOREIGN KEY (registration) REFERENCES public.registration(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: session session_account_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_account_fkey FOREIGN KEY (account) REFERENCES public.account(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: ticket ticket_event_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ticket
    ADD CONSTRAINT ticket_event_fkey FOREIGN KEY (event) REFERENCES public.event(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: ticket ticket_registration_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ticket
    ADD CONSTRAINT ticket_registration_fkey FOREIGN KEY (registration) REFERENCES public.registration(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: walk_in walk_in_device_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.walk_in
    ADD CONSTRAINT walk_in_device_fkey FOREIGN KEY (device) REFERENCES public.gate_device(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: walk_in walk_in_event_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.walk_in
    ADD CONSTRAINT walk_in_event_fkey FOREIGN KEY (event) REFERENCES public.event(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--


