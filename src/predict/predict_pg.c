/*
 * predict_pg.c
 *		Everything bounded in this cluster, watched by the engine, in shared memory and in a file.
 *
 * Only the engine feeds the forecasts; it reads what is used first, and takes the lock
 * afterwards. What opened or ended is noted under the lock and told after it. Sequences are
 * noted by the scanner, which meets them from 80 % on, and fed at the engine's pace.
 *
 * A forecast needs days to know a season, so all of it is kept over a restart. A file that
 * is not as it should be is left aside: then everything begins anew.
 */
#include "postgres.h"

#include <math.h>

#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "base/due.h"
#include "db/shmem.h"
#include "detect/failure_proof.h"
#include "history/event.h"
#include "history/origin_pg.h"
#include "predict/predict_pg.h"
#include "predict/use_pg.h"
#include "sample/disk_pg.h"
#include "sample/keptfile_pg.h"

#define BOOK_FILE "selfheal.forecasts"
#define BOOK_MAGIC "HEALFORE"
#define BOOK_VERSION 4
#define EVERY (5 * HEAL_SECOND)
#define MAX_SEQUENCES 16
#define SEQUENCE_IS_OLD \
	(7 * HEAL_DAY) /* its database is not scanned any more */

typedef struct Sequence
{
	Oid database; /* 0 = unused */
	Oid relation;
	double share;
	HealTime at;
	char name[HEAL_SUBJECT_NAME];
} Sequence;

typedef struct PredictArea
{
	int tranche;
	LWLock saving; /* held while the file is written: one at a time */
	bool failing;  /* the last try to write it; under saving */
	LWLock lock;   /* all below: shared to read, exclusive to change */
	HealTime looked_at;
	Sequence sequence[MAX_SEQUENCES];
	HealPredictionBook book;
} PredictArea;

typedef struct BookHeader
{
	char magic[8];
	uint32 version;
	uint32 size; /* of the book */
	HealFileOrigin origin;
	uint32 book_checksum;
	uint32 checksum; /* of all before */
} BookHeader;

/* What there is to tell after one look. */
typedef struct News
{
	HealBoundedNews what;
	HealPrediction prediction; /* of what was missed: kind and subject only */
} News;

typedef struct AllNews
{
	int count;
	News news[2 * HEAL_MAX_BOUNDED];
} AllNews;

static PredictArea *area = NULL;

/* The file, read in the postmaster */

static bool
is_sound(const HealPredictionBook *book)
{
	for (int i = 0; i < HEAL_MAX_BOUNDED; i++)
	{
		int kind = book->now.bounded[i].use.kind;

		if (book->now.bounded[i].taken &&
			(kind < 0 || kind >= HEAL_BOUNDED_KINDS))
			return false;
	}
	return heal_foresight_book_valid(&book->foresights);
}

static const char *
take_in(const HealKeptFile *file)
{
	BookHeader header;
	const unsigned char *body = file->bytes + sizeof(header);

	if (file->size != sizeof(header) + sizeof(HealPredictionBook))
		return "the file has another format";
	memcpy(&header, file->bytes, sizeof(header));
	if (memcmp(header.magic, BOOK_MAGIC, sizeof(header.magic)) != 0 ||
		header.version != BOOK_VERSION ||
		header.size != sizeof(HealPredictionBook))
		return "the file has another format";
	if (header.checksum !=
			heal_crc32c(&header, offsetof(BookHeader, checksum)) ||
		header.book_checksum != heal_crc32c(body, sizeof(HealPredictionBook)))
		return "the file is damaged";
	if (!heal_file_origin_is_ours(file->descriptor, &header.origin))
		return "the file is of another data directory";
	memcpy(&area->book, body, sizeof(area->book));
	if (is_sound(&area->book))
		return NULL;
	memset(&area->book, 0, sizeof(area->book));
	return "the file is damaged";
}

static void
load(void)
{
	HealKeptFile file;
	const char *problem = heal_keptfile_open(BOOK_FILE, &file);

	if (problem == NULL && file.bytes != NULL)
		problem = take_in(&file);
	if (problem != NULL)
		ereport(
			LOG,
			errmsg("selfheal: earlier forecasts were not read back: %s",
				   problem),
			errdetail(
				"The file is \"%s\". What runs out is foreseen from now on only.",
				BOOK_FILE));
	heal_keptfile_close(&file);
}

static Size
area_size(void)
{
	return sizeof(PredictArea);
}

static void
attach(void *address, bool found)
{
	area = address;
	if (!found)
	{
		memset(area, 0, sizeof(*area));
		area->tranche = LWLockNewTrancheId();
		LWLockInitialize(&area->saving, area->tranche);
		LWLockInitialize(&area->lock, area->tranche);
		load();
		if (area->book.now.since == 0)
			area->book.now.since = GetCurrentTimestamp();
	}
	LWLockRegisterTranche(area->tranche, "selfheal_predict");
}

const HealSegment heal_predict_segment = {"selfheal predict", area_size,
										  attach};

/* The file, written by the keeper */

static void
encode(const void *what, const HealFileOrigin *origin, unsigned char *bytes)
{
	BookHeader header;

	memset(&header, 0, sizeof(header));
	memcpy(header.magic, BOOK_MAGIC, sizeof(header.magic));
	header.version = BOOK_VERSION;
	header.size = sizeof(HealPredictionBook);
	header.origin = *origin;
	header.book_checksum = heal_crc32c(what, sizeof(HealPredictionBook));
	header.checksum = heal_crc32c(&header, offsetof(BookHeader, checksum));
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), what, sizeof(HealPredictionBook));
}

static bool
copy_and_write(void)
{
	size_t size = sizeof(BookHeader) + sizeof(HealPredictionBook);
	HealPredictionBook *book = malloc(sizeof(HealPredictionBook));
	unsigned char *bytes = malloc(size);
	bool saved = false;

	errno = ENOMEM;
	if (book != NULL && bytes != NULL)
	{
		LWLockAcquire(&area->lock, LW_SHARED);
		memcpy(book, &area->book, sizeof(*book));
		LWLockRelease(&area->lock);
		saved = heal_keptfile_replace(BOOK_FILE, encode, book, bytes, size);
	}
	free(book);
	free(bytes);
	return saved;
}

void
heal_predict_save(void)
{
	bool saved;

	if (!LWLockConditionalAcquire(&area->saving, LW_EXCLUSIVE))
		return;
	saved = copy_and_write();
	heal_keptfile_note(BOOK_FILE, "forecasts", saved, errno, &area->failing);
	LWLockRelease(&area->saving);
}

/* Sequences */

static Sequence *
find_sequence(Oid database, Oid relation)
{
	for (int i = 0; i < MAX_SEQUENCES; i++)
		if (area->sequence[i].database == database &&
			area->sequence[i].relation == relation)
			return &area->sequence[i];
	return NULL;
}

/* A free row, or that of the one least used; NULL when all are fuller. */
static Sequence *
room_for_sequence(double share)
{
	Sequence *least = NULL;

	for (int i = 0; i < MAX_SEQUENCES; i++)
	{
		Sequence *sequence = &area->sequence[i];

		if (sequence->database == InvalidOid)
			return sequence;
		if (sequence->share < share &&
			(least == NULL || sequence->share < least->share))
			least = sequence;
	}
	return least;
}

void
heal_predict_note(const HealScanRecord *record)
{
	Sequence *sequence;

	if (record->type != HEAL_SCAN_RECORD_FINDING ||
		record->finding.kind != HEAL_SCAN_SEQUENCE_FULL)
		return;
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	sequence = find_sequence(record->database, record->relation);
	if (sequence == NULL)
		sequence = room_for_sequence(record->finding.value);
	if (sequence != NULL)
	{
		sequence->database = record->database;
		sequence->relation = record->relation;
		sequence->share = record->finding.value;
		sequence->at = record->at;
		snprintf(sequence->name, sizeof(sequence->name), "%s.%s",
				 record->schema, record->relation_name);
	}
	LWLockRelease(&area->lock);
}

void
heal_predict_sweep(Oid database, Oid from, Oid to, TimestampTz started)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	for (int i = 0; i < MAX_SEQUENCES; i++)
	{
		Sequence *sequence = &area->sequence[i];

		if (sequence->database == database && sequence->relation > from &&
			sequence->relation <= to && sequence->at < started)
			memset(sequence, 0, sizeof(*sequence));
	}
	LWLockRelease(&area->lock);
}

static int
add_sequences(HealUse *use, int count, HealTime now)
{
	LWLockAcquire(&area->lock, LW_SHARED);
	for (int i = 0; i < MAX_SEQUENCES && count < HEAL_MAX_BOUNDED; i++)
	{
		const Sequence *sequence = &area->sequence[i];

		if (sequence->database == InvalidOid ||
			now - sequence->at > SEQUENCE_IS_OLD)
			continue;
		use[count] = (HealUse){
			.kind = HEAL_BOUNDED_SEQUENCE,
			.key = ((uint64) sequence->database << 32) | sequence->relation,
			.used = sequence->share,
			.limit = 1,
		};
		strlcpy(use[count].subject, sequence->name, sizeof(use[count].subject));
		count++;
	}
	LWLockRelease(&area->lock);
	return count;
}

/* The stage */

static void
note_news(AllNews *all, HealBoundedNews what, const HealBounded *bounded,
		  const HealPrediction *ended)
{
	News *news = &all->news[all->count];

	if (what == HEAL_BOUNDED_NOTHING || all->count == lengthof(all->news))
		return;
	news->what = what;
	if (what == HEAL_BOUNDED_OPENED)
		news->prediction = bounded->prediction;
	else if (what == HEAL_BOUNDED_MISSED)
	{
		memset(&news->prediction, 0, sizeof(news->prediction));
		news->prediction.kind = bounded->use.kind;
		strlcpy(news->prediction.subject, bounded->use.subject,
				sizeof(news->prediction.subject));
	}
	else
	{
		HealPredictionBook *book = &area->book;

		news->prediction = *ended;
		book->past[book->ended % HEAL_PAST_PREDICTIONS] = *ended;
		book->ended++;
	}
	all->count++;
}

static void
tell(const News *news, HealTime now)
{
	const HealPrediction *prediction = &news->prediction;
	char subject[HEAL_SUBJECT_NAME + 32];
	char text[400];
	char message[512];
	char stood[HEAL_DURATION_SIZE];

	heal_bounded_name(prediction->kind, prediction->subject, subject,
					  sizeof(subject));
	if (news->what == HEAL_BOUNDED_MISSED)
	{
		heal_event_log("prediction_missed", "error", subject,
					   "it is used up, and no prediction said so before");
		return;
	}
	heal_prediction_describe(prediction, now, text, sizeof(text));
	if (news->what == HEAL_BOUNDED_OPENED)
	{
		heal_event_log("prediction_opened", "warning", subject, text);
		return;
	}
	snprintf(message, sizeof(message), "prediction %lld %s after %s: %s",
			 (long long) prediction->id,
			 heal_prediction_state_name(prediction->state),
			 heal_duration_format(prediction->ended_at - prediction->opened_at,
								  stood),
			 text);
	heal_event_log(
		prediction->state == HEAL_PREDICTION_CAME_TRUE ? "prediction_came_true"
													   : "prediction_ended",
		prediction->state == HEAL_PREDICTION_CAME_TRUE ? "error" : "info",
		subject, message);
}

/* Under the lock. */
static void
feed_all(const HealUse *use, int count, HealTime now, AllNews *news)
{
	HealPredictions *all = &area->book.now;
	HealPrediction ended;

	for (int i = 0; i < count; i++)
	{
		HealBounded *bounded = heal_bounded_find(all, &use[i]);

		if (bounded == NULL)
			continue;
		note_news(news, heal_bounded_feed(all, bounded, &use[i], now, &ended),
				  bounded, &ended);
	}
	for (int i = 0; i < HEAL_MAX_BOUNDED; i++)
		note_news(news, heal_bounded_age(all, &all->bounded[i], now, &ended),
				  &all->bounded[i], &ended);
}

/* selfheal.disk and whoever judges slots say the same as the forecast. */
static void
tell_disks(void)
{
	for (int i = 0; i < HEAL_MAX_BOUNDED; i++)
	{
		HealBounded *bounded = &area->book.now.bounded[i];
		HealOutlook outlook;
		HealTime full_at;

		/* only we write, so nobody else changes it while we read */
		if (!bounded->taken || bounded->use.kind != HEAL_BOUNDED_DISK)
			continue;
		outlook = heal_forecast_outlook(&bounded->forecast);
		if (outlook.rule == HEAL_FORECAST_NONE)
			continue;
		full_at = heal_bounded_moment(HEAL_BOUNDED_DISK, outlook.eta,
									  bounded->row_at);
		heal_disk_foresee(heal_use_place_of_key(bounded->use.key), full_at,
						  outlook.probability,
						  bounded->prediction.state == HEAL_PREDICTION_OPEN);
	}
}

void
heal_predict_stage(void)
{
	HealTime now = GetCurrentTimestamp();
	HealUse use[HEAL_MAX_BOUNDED];
	AllNews *news;
	int count;

	if (!heal_due(area->looked_at, EVERY, now))
		return;
	news = palloc0(sizeof(AllNews));
	count = heal_uses_read(use, now);
	count = add_sequences(use, count, now);
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	heal_bounded_begin(&area->book.now, area->looked_at, now);
	area->looked_at = now;
	feed_all(use, count, now, news);
	LWLockRelease(&area->lock);
	tell_disks();
	for (int i = 0; i < news->count; i++)
		tell(&news->news[i], now);
	pfree(news);
}

/* What follows from failures and leading indicators */

bool
heal_predict_has_foresights(void)
{
	bool has = false;

	LWLockAcquire(&area->lock, LW_SHARED);
	for (int i = 0; i < HEAL_FORESIGHTS; i++)
		has = has || area->book.foresights.open[i].id != 0;
	LWLockRelease(&area->lock);
	return has;
}

void
heal_predict_read_foresights(HealForesightBook *book, int64 *last_id)
{
	LWLockAcquire(&area->lock, LW_SHARED);
	memcpy(book, &area->book.foresights, sizeof(*book));
	*last_id = area->book.now.last_id;
	LWLockRelease(&area->lock);
}

void
heal_predict_write_foresights(const HealForesightBook *book, int64 last_id)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	memcpy(&area->book.foresights, book, sizeof(*book));
	area->book.now.last_id = last_id;
	LWLockRelease(&area->lock);
}

HealPredictionBook *
heal_predict_copy(void)
{
	HealPredictionBook *book = palloc(sizeof(HealPredictionBook));

	LWLockAcquire(&area->lock, LW_SHARED);
	memcpy(book, &area->book, sizeof(*book));
	LWLockRelease(&area->lock);
	return book;
}
