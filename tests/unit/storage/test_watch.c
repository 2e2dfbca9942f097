/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* News of a folder: our own changes are expected, those of others told. */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "storage/maildir/watch.h"
#include "tests/unit/storeutil.h"

static void
count(void *arg, enum watch_dir dir)
{
	(void)dir;
	++*(unsigned int *)arg;
}

/* Make a name appear in cur/, as we do or as another program does. */
static void
appear(struct watched *d, const char *name, bool ours)
{
	su_deliver_as("cur", name, "");
	if (ours)
		watch_expect(d, WATCH_CUR, name);
}

/*
 * A step: a name appears, or is expected and never appears.  Then so many
 * changes by others were told.  su_deliver_as() moves a file from tmp/.
 */
struct step {
	enum { OURS, OTHERS, NEVER } what;
	const char	*name;
	unsigned int	 told;
};

static const struct {
	struct step	 steps[6];
	const char	*why;
} stories[] = {
	{ { { OURS, "a", 0 }, { OURS, "b", 0 } }, "only our own changes" },
	{ { { OURS, "a", 0 }, { OTHERS, "b", 1 }, { OURS, "c", 1 } },
	    "another program's change between them" },
	{ { { NEVER, "x", 0 }, { OURS, "a", 1 }, { OURS, "b", 1 },
	    { OTHERS, "c", 2 } }, "an event that never comes" },
	{ { { NEVER, "x", 0 }, { OTHERS, "a", 1 }, { OURS, "b", 2 },
	    { OURS, "c", 2 } }, "the same, and another program" },
};

START_TEST(test_watch_tells_what_others_did)
{
	struct watch *w = watch_new();
	struct watched *d;
	unsigned int told = 0;

	d = watch_folder(w, su.root, count, &told);
	for (size_t i = 0; d != NULL && i < NROWS(stories[_i].steps) &&
	    stories[_i].steps[i].name != NULL; i++) {
		const struct step *s = &stories[_i].steps[i];

		if (s->what == NEVER)
			watch_expect(d, WATCH_CUR, s->name);
		else
			appear(d, s->name, s->what == OURS);
		watch_drain(w);
		ck_assert_msg(told == s->told, "%s: %s: %u", stories[_i].why,
		    s->name, told);
	}
	watch_stop(d);
	watch_free(w);
}
END_TEST

Suite *
suite_watch(void)
{
	Suite *s = suite_create("watch");
	TCase *tc = tcase_create("watch");

	tcase_add_checked_fixture(tc, su_setup, su_teardown);
	tcase_add_loop_test(tc, test_watch_tells_what_others_did, 0,
	    NROWS(stories));
	suite_add_tcase(s, tc);
	return s;
}
