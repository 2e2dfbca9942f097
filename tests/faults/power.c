/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Mode "power": the power is cut before each change that a script makes to the
 * disk, and of what was not synced something is there and something is not.
 */

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/faults/disk.h"
#include "tests/faults/trial.h"
#include "tests/faults/world.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

#define FEW		5	/* pieces of which all subsets are tried */
#define SAMPLES		16	/* subsets of more pieces, by default */

static size_t		 loose;		/* pieces that were not synced */

/* Whether a piece that was not synced is on the disk of this trial. */
static bool
has_piece(size_t piece)
{
	uint64_t x;

	if (loose <= FEW)
		return t->way >> piece & 1;
	if (t->way < 2)
		return t->way == 1;
	/* The bits of splitmix64: a mix that is the same in each run. */
	x = ((uint64_t)t->n * 1000 + t->way) * 0x9e3779b97f4a7c15U + piece;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
	x = (x ^ x >> 27) * 0x94d049bb133111ebU;
	return (x ^ x >> 31) & 1;
}

/* The script, recorded, until its machine stops. */
static void
record_script(void)
{
	trial_open();
	t->script->setup();
	if (su.proc != NULL)
		storage_flush(su.proc);
	disk_begin(w->root);
	t->script->run();
	disk_end();
	t->ended = true;
}

/* The machine starts again. */
static void
judge_disk(void)
{
	static const char boot[] = "/proc/sys/kernel/random/uuid";

	disk_build(w->root, has_piece);
	shim_redirect("/proc/sys/kernel/random/boot_id", boot);
	trial_judge();
}

/* Try all disks that the power may leave before change t->n. */
static void
try_cut(const struct world *end)
{
	const char *samples = getenv("FAULTS_SAMPLES");
	size_t n;
	int status;

	t->way = 0;
	do {
		trial_reset();
		w_erase();
		*w = *end;
		*w = *disk_world(t->n);
		loose = disk_cut(t->n);
		(void)snprintf(t->what, sizeof(t->what), "%s, disk %zu of %zu "
		    "pieces", disk_path(t->n), t->way, loose);
		status = trial_process(judge_disk);
		if (status != 0)
			w_wrong("the process ended with status %#x",
			    (unsigned)status);
		trial_end();
		n = samples != NULL ? strtoul(samples, NULL, 10) : SAMPLES;
		if (loose <= FEW)
			n = (size_t)1 << loose;
	} while (++t->way < n);
}

void
power_run(void)
{
	static struct world end;
	int status;

	trial_reset();
	status = trial_process(record_script);
	if (status != 0 || !t->ended)
		w_wrong("the script ended with status %#x", (unsigned)status);
	if (w->verdict[0] != '\0') {
		trial_end();
		return;
	}
	end = *w;
	/* Before each change, and after the last. */
	for (t->n = trial_first(0); t->n <= disk_changes();
	    t->n += trial_every()) {
		try_cut(&end);
		t->points++;
		if (trial_only())
			break;
	}
}
