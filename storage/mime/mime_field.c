/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Header fields of a part; see mime_field.h. */

#include "config.h"

#include <string.h>

#include "storage/mime/header.h"
#include "storage/mime/mime_field.h"
#include "storage/mime/token.h"

static struct slice
keep(struct mime_fields *p, const struct buf *b)
{
	struct slice s = buf_slice(b);
	char *dst;

	if (s.len == 0)
		return slice_make("", 0);
	if ((dst = arena_alloc(p->arena, s.len)) == NULL) {
		p->failed = true;
		return slice_make("", 0);
	}
	memcpy(dst, s.p, s.len);
	return slice_make(dst, s.len);
}

static void
params_parse(struct mime_fields *p, struct token *t, struct param **params,
    size_t *n)
{
	if (param_parse(t, p->arena, &p->param_left, &p->scratch, params,
	    n) == -1) {
		*n = 0;
		p->failed = true;
	}
}

/*
 * Content-Type (RFC 2045, 5.1).  A field without a type or a subtype is
 * ignored, as 5.2 recommends; errors after them are tolerated.
 */
static void
type_parse(struct mime_fields *p, struct slice value)
{
	struct mime_part *part = p->part;
	struct slice type;
	struct token t;
	int ret;

	if (part->type.p != NULL)
		return;
	token_init(&t, value, NULL);
	buf_truncate(&p->scratch, 0);
	if (token_skip(&t) <= 0 || token_mime(&t, &p->scratch) <= 0 ||
	    *t.p != '/' || buf_len(&p->scratch) == 0)
		return;
	type = keep(p, &p->scratch);
	t.p++;
	if (token_skip(&t) <= 0)
		return;
	buf_truncate(&p->scratch, 0);
	ret = token_mime(&t, &p->scratch);
	if (buf_len(&p->scratch) == 0)
		return;
	part->type = type;
	part->subtype = keep(p, &p->scratch);
	if (ret > 0)
		params_parse(p, &t, &part->params, &part->nparams);
}

static void
disposition_parse(struct mime_fields *p, struct slice value)
{
	struct mime_part *part = p->part;
	struct token t;
	int ret;

	if (part->ndisposition_params > 0)
		return;
	token_init(&t, value, NULL);
	buf_truncate(&p->scratch, 0);
	ret = token_skip(&t);
	if (ret > 0)
		ret = token_mime(&t, &p->scratch);
	if (ret == -1)
		return;
	part->disposition = keep(p, &p->scratch);
	if (ret > 0)
		params_parse(p, &t, &part->disposition_params,
		    &part->ndisposition_params);
}

static void
encoding_parse(struct mime_fields *p, struct slice value)
{
	struct token t;

	if (p->part->cte.p != NULL)
		return;
	token_init(&t, value, NULL);
	buf_truncate(&p->scratch, 0);
	if (token_skip(&t) > 0 && token_mime(&t, &p->scratch) == 0 &&
	    buf_len(&p->scratch) > 0)
		p->part->cte = keep(p, &p->scratch);
}

/* Content-Language (RFC 3282): language tags separated by commas. */
static void
language_parse(struct mime_fields *p, struct slice value)
{
	struct slice tags[MIME_LANGUAGE_MAX];
	struct mime_part *part = p->part;
	struct token t;
	size_t n = 0;
	int ret;

	if (part->nlanguages > 0)
		return;
	token_init(&t, value, NULL);
	ret = token_skip(&t);
	while (ret > 0 && n < MIME_LANGUAGE_MAX) {
		buf_truncate(&p->scratch, 0);
		if ((ret = token_atom(&t, &p->scratch)) == -1)
			break;
		tags[n++] = keep(p, &p->scratch);
		if (ret == 0 || *t.p != ',')
			break;
		t.p++;
		ret = token_skip(&t);
	}
	if (n == 0)
		return;
	part->languages = arena_array(p->arena, n, sizeof(tags[0]));
	if (part->languages == NULL) {
		p->failed = true;
		return;
	}
	memcpy(part->languages, tags, n * sizeof(tags[0]));
	part->nlanguages = n;
}

/* Keep the first of several fields of the same name. */
static void
first(struct slice *dst, struct slice value)
{
	if (dst->p == NULL)
		*dst = value;
}

enum field {
	FIELD_TYPE, FIELD_ENCODING, FIELD_ID, FIELD_DESCRIPTION, FIELD_MD5,
	FIELD_DISPOSITION, FIELD_LANGUAGE, FIELD_LOCATION, FIELD_MIME_VERSION,
	/* The following are for envelopes only. */
	FIELD_DATE, FIELD_SUBJECT, FIELD_FROM, FIELD_SENDER, FIELD_REPLY_TO,
	FIELD_TO, FIELD_CC, FIELD_BCC, FIELD_IN_REPLY_TO, FIELD_MESSAGE_ID,
	FIELD_NONE
};

static const struct slice fields[FIELD_NONE] = {
	[FIELD_TYPE] = SLICE_INIT("Content-Type"),
	[FIELD_ENCODING] = SLICE_INIT("Content-Transfer-Encoding"),
	[FIELD_ID] = SLICE_INIT("Content-ID"),
	[FIELD_DESCRIPTION] = SLICE_INIT("Content-Description"),
	[FIELD_MD5] = SLICE_INIT("Content-MD5"),
	[FIELD_DISPOSITION] = SLICE_INIT("Content-Disposition"),
	[FIELD_LANGUAGE] = SLICE_INIT("Content-Language"),
	[FIELD_LOCATION] = SLICE_INIT("Content-Location"),
	[FIELD_MIME_VERSION] = SLICE_INIT("MIME-Version"),
	[FIELD_DATE] = SLICE_INIT("Date"),
	[FIELD_SUBJECT] = SLICE_INIT("Subject"),
	[FIELD_FROM] = SLICE_INIT("From"),
	[FIELD_SENDER] = SLICE_INIT("Sender"),
	[FIELD_REPLY_TO] = SLICE_INIT("Reply-To"),
	[FIELD_TO] = SLICE_INIT("To"),
	[FIELD_CC] = SLICE_INIT("Cc"),
	[FIELD_BCC] = SLICE_INIT("Bcc"),
	[FIELD_IN_REPLY_TO] = SLICE_INIT("In-Reply-To"),
	[FIELD_MESSAGE_ID] = SLICE_INIT("Message-ID"),
};

static enum field
field_find(struct slice name)
{
	enum field f;

	for (f = 0; f < FIELD_NONE; f++)
		if (name.len == fields[f].len && slice_caseeq(name, fields[f]))
			break;
	return f;
}

static void
addresses(struct mime_fields *p, struct slice value, struct address_list *list)
{
	if (address_parse(p->arena, value, &p->address_left, &p->scratch,
	    list) == -1)
		p->failed = true;
}

/* If a field is repeated, its last string counts, but addresses add up. */
static void
envelope_field(struct mime_fields *p, enum field f, struct slice value)
{
	struct mime_envelope *env = p->part->envelope;

	switch (f) {
	case FIELD_DATE:
		env->date = value;
		break;
	case FIELD_SUBJECT:
		env->subject = value;
		break;
	case FIELD_FROM:
		addresses(p, value, &env->from);
		break;
	case FIELD_SENDER:
		addresses(p, value, &env->sender);
		break;
	case FIELD_REPLY_TO:
		addresses(p, value, &env->reply_to);
		break;
	case FIELD_TO:
		addresses(p, value, &env->to);
		break;
	case FIELD_CC:
		addresses(p, value, &env->cc);
		break;
	case FIELD_BCC:
		addresses(p, value, &env->bcc);
		break;
	case FIELD_IN_REPLY_TO:
		env->in_reply_to = value;
		break;
	case FIELD_MESSAGE_ID:
		env->message_id = value;
		break;
	case FIELD_TYPE:
	case FIELD_ENCODING:
	case FIELD_ID:
	case FIELD_DESCRIPTION:
	case FIELD_MD5:
	case FIELD_DISPOSITION:
	case FIELD_LANGUAGE:
	case FIELD_LOCATION:
	case FIELD_MIME_VERSION:
	case FIELD_NONE:
		break;
	}
}

static void
content_field(struct mime_fields *p, enum field f, struct slice value)
{
	struct mime_part *part = p->part;

	switch (f) {
	case FIELD_TYPE:
		type_parse(p, value);
		break;
	case FIELD_ENCODING:
		encoding_parse(p, value);
		break;
	case FIELD_ID:
		first(&part->id, value);
		break;
	case FIELD_DESCRIPTION:
		first(&part->description, value);
		break;
	case FIELD_MD5:
		first(&part->md5, value);
		break;
	case FIELD_DISPOSITION:
		disposition_parse(p, value);
		break;
	case FIELD_LANGUAGE:
		language_parse(p, value);
		break;
	case FIELD_LOCATION:
		first(&part->location, value);
		break;
	case FIELD_MIME_VERSION:
	case FIELD_DATE:
	case FIELD_SUBJECT:
	case FIELD_FROM:
	case FIELD_SENDER:
	case FIELD_REPLY_TO:
	case FIELD_TO:
	case FIELD_CC:
	case FIELD_BCC:
	case FIELD_IN_REPLY_TO:
	case FIELD_MESSAGE_ID:
	case FIELD_NONE:
		break;
	}
}

/* Ignore the Content fields of a header that is not MIME. */
static void
content_forget(struct mime_part *part)
{
	const struct slice none = { NULL, 0 };

	part->type = part->subtype = part->cte = part->id = none;
	part->description = part->md5 = part->disposition = none;
	part->location = none;
	part->nparams = part->ndisposition_params = part->nlanguages = 0;
}

static enum mime_encoding
encoding_of(struct slice cte)
{
	if (cte.p == NULL || slice_caseeq_str(cte, "7bit"))
		return MIME_7BIT;
	if (slice_caseeq_str(cte, "8bit"))
		return MIME_8BIT;
	if (slice_caseeq_str(cte, "binary"))
		return MIME_BINARY;
	if (slice_caseeq_str(cte, "quoted-printable"))
		return MIME_QP;
	if (slice_caseeq_str(cte, "base64"))
		return MIME_BASE64;
	return MIME_UNKNOWN;
}

static bool
is_digest(const struct mime_part *part)
{
	return part != NULL && part->kind == MIME_MULTIPART &&
	    slice_caseeq_str(part->subtype, "digest");
}

static enum mime_kind
kind_of(const struct mime_part *part)
{
	if (part->type.p == NULL)
		return is_digest(part->parent) ? MIME_MESSAGE : MIME_TEXT;
	if (slice_caseeq_str(part->type, "text"))
		return MIME_TEXT;
	if (slice_caseeq_str(part->type, "multipart"))
		return MIME_MULTIPART;
	if (slice_caseeq_str(part->type, "message") &&
	    slice_caseeq_str(part->subtype, "rfc822"))
		return MIME_MESSAGE;
	return MIME_OTHER;
}

int
mime_fields_parse(struct mime_fields *p, struct mime_part *part,
    const struct buf *header)
{
	struct header_iter it;
	struct header_field f;
	struct slice value;
	enum field id;
	bool is_mime;

	p->part = part;
	part->header = keep(p, header);
	/*
	 * A part of a multipart is MIME by its place.  A message is MIME if it
	 * says so, or if it has a Content-Type, because many senders forget
	 * the version (RFC 2045, 4).
	 */
	is_mime = part->parent != NULL && part->parent->kind == MIME_MULTIPART;
	if (!is_mime) {
		part->envelope = arena_calloc(p->arena, 1,
		    sizeof(*part->envelope));
		if (part->envelope == NULL) {
			p->failed = true;
			return -1;
		}
	}
	header_iter_init(&it, part->header);
	while (header_next(&it, &f)) {
		id = field_find(f.name);
		if (id == FIELD_NONE || f.value.p == NULL)
			continue;
		if (id == FIELD_MIME_VERSION || id == FIELD_TYPE)
			is_mime = true;
		value = header_value(&f);
		if (id < FIELD_MIME_VERSION)
			content_field(p, id, value);
		else if (part->envelope != NULL)
			envelope_field(p, id, value);
	}
	if (!is_mime)
		content_forget(part);
	part->kind = kind_of(part);
	part->encoding = encoding_of(part->cte);
	return p->failed ? -1 : 0;
}

void
mime_fields_init(struct mime_fields *p, struct arena *a)
{
	p->arena = a;
	buf_init(&p->scratch, BUF_NOCAP);
	mime_fields_reset(p);
}

void
mime_fields_reset(struct mime_fields *p)
{
	p->address_left = ADDRESS_MAX;
	p->param_left = PARAM_ALL_MAX;
	p->failed = false;
}

void
mime_fields_clear(struct mime_fields *p)
{
	buf_clear(&p->scratch);
}
