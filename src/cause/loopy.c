/*
 * loopy.c
 *		Posteriors by loopy belief propagation.
 *
 * Messages between a node and the families it is in - its own, and those of its children - as the
 * probability that the node is active, both values of a message adding up to one.
 */
#include "cause/loopy.h"

#include <math.h>

#define MOST_ROUNDS 300
#define DAMPING \
	0.5 /* share of the message before that is kept from the second round on */
#define SETTLED 1e-9

typedef struct Loopy
{
	const HealGraph *graph;
	const double *strength;
	int *order;
	double (
		*own)[2]; /* [nodes] likelihood, certainty included; adds up to one */
	double *log_scale;	/* [nodes] logarithm of what was divided out of it */
	double *from_own;	/* [nodes] what its own family says of the node */
	double *from_child; /* [edges] what the family of "to" says of "from" */
	double *to_own;	  /* [nodes] what all others say, told to the own family */
	double *to_child; /* [edges] the same, told to the family of "to" */
	double damping;
	double change; /* largest of this round */
} Loopy;

static bool
take_memory(Loopy *loopy, HealArena *arena, int nodes, int edges)
{
	loopy->order = heal_arena_take(arena, nodes, sizeof(int));
	loopy->own = heal_arena_take(arena, nodes, sizeof(*loopy->own));
	loopy->log_scale = heal_arena_take(arena, nodes, sizeof(double));
	loopy->from_own = heal_arena_take(arena, nodes, sizeof(double));
	loopy->to_own = heal_arena_take(arena, nodes, sizeof(double));
	loopy->from_child = heal_arena_take(arena, edges, sizeof(double));
	loopy->to_child = heal_arena_take(arena, edges, sizeof(double));
	return loopy->order != NULL && loopy->own != NULL &&
		   loopy->log_scale != NULL && loopy->from_own != NULL &&
		   loopy->to_own != NULL && loopy->from_child != NULL &&
		   loopy->to_child != NULL;
}

static void
begin(Loopy *loopy, const HealObservations *seen, const signed char *state)
{
	const HealGraph *graph = loopy->graph;

	for (int i = 0; i < graph->nodes; i++)
	{
		double inactive = state[i] == 1 ? 0 : seen->likelihood[i][0];
		double active = state[i] == 0 ? 0 : seen->likelihood[i][1];
		double sum = inactive + active;

		loopy->own[i][0] = inactive / sum;
		loopy->own[i][1] = active / sum;
		loopy->log_scale[i] = log(sum);
		loopy->from_own[i] = loopy->to_own[i] = 0.5;
	}
	for (int i = 0; i < graph->edges; i++)
		loopy->from_child[i] = loopy->to_child[i] = 0.5;
	heal_graph_order(graph, loopy->order);
}

/* Two weights as one probability; the one before where both are zero. */
static double
share(double inactive, double active, double before)
{
	return inactive + active > 0 ? active / (inactive + active) : before;
}

static void
set(Loopy *loopy, double *message, double value)
{
	double kept = loopy->damping * *message + (1 - loopy->damping) * value;

	loopy->change = fmax(loopy->change, fabs(kept - *message));
	*message = kept;
}

/* What a node tells its families: what it has seen itself and what all others say. */
static void
tell_families(Loopy *loopy, int node)
{
	const HealGraph *graph = loopy->graph;
	double *own = loopy->own[node];
	double inactive = own[0], active = own[1];

	for (int i = graph->first_out[node]; i >= 0; i = graph->next_out[i])
	{
		inactive *= 1 - loopy->from_child[i];
		active *= loopy->from_child[i];
	}
	loopy->to_own[node] = share(inactive, active, loopy->to_own[node]);
	for (int i = graph->first_out[node]; i >= 0; i = graph->next_out[i])
	{
		inactive = own[0] * (1 - loopy->from_own[node]);
		active = own[1] * loopy->from_own[node];
		for (int j = graph->first_out[node]; j >= 0; j = graph->next_out[j])
		{
			if (j == i)
				continue;
			inactive *= 1 - loopy->from_child[j];
			active *= loopy->from_child[j];
		}
		loopy->to_child[i] = share(inactive, active, loopy->to_child[i]);
	}
}

/* Probability that neither the leak nor a parent other than this edge's acts. */
static double
quiet_without(const Loopy *loopy, int node, int edge)
{
	const HealGraph *graph = loopy->graph;
	double quiet = 1 - graph->node[node].leak;

	for (int i = graph->first_in[node]; i >= 0; i = graph->next_in[i])
		if (i != edge)
			quiet *= 1 - loopy->strength[i] * loopy->to_child[i];
	return quiet;
}

/* What the family of a node tells it. */
static void
tell_node(Loopy *loopy, int node)
{
	set(loopy, &loopy->from_own[node], 1 - quiet_without(loopy, node, -1));
}

/* What the family of a node tells the parents. */
static void
tell_parents(Loopy *loopy, int node)
{
	const HealGraph *graph = loopy->graph;
	double active = loopy->to_own[node];

	for (int i = graph->first_in[node]; i >= 0; i = graph->next_in[i])
	{
		double quiet = quiet_without(loopy, node, i);
		double beside = quiet * (1 - loopy->strength[i]);

		set(loopy, &loopy->from_child[i],
			share(active * (1 - quiet) + (1 - active) * quiet,
				  active * (1 - beside) + (1 - active) * beside,
				  loopy->from_child[i]));
	}
}

/* Down in the order of the graph, and up again. */
static void
run_round(Loopy *loopy)
{
	int nodes = loopy->graph->nodes;

	for (int i = 0; i < nodes; i++)
	{
		tell_node(loopy, loopy->order[i]);
		tell_families(loopy, loopy->order[i]);
	}
	for (int i = nodes - 1; i >= 0; i--)
	{
		tell_families(loopy, loopy->order[i]);
		tell_parents(loopy, loopy->order[i]);
	}
}

/*
 * Bethe: the sum of the families' and the nodes' own normalisers, less one for each message that
 * was counted in two of them.
 */
static double
log_evidence(const Loopy *loopy)
{
	const HealGraph *graph = loopy->graph;
	double sum = 0;

	for (int i = 0; i < graph->nodes; i++)
	{
		double quiet = quiet_without(loopy, i, -1);
		double told = loopy->to_own[i];
		double inactive = loopy->own[i][0] * (1 - loopy->from_own[i]);
		double active = loopy->own[i][1] * loopy->from_own[i];

		sum +=
			loopy->log_scale[i] + log(told * (1 - quiet) + (1 - told) * quiet);
		sum -= log(told * loopy->from_own[i] +
				   (1 - told) * (1 - loopy->from_own[i]));
		for (int j = graph->first_out[i]; j >= 0; j = graph->next_out[j])
		{
			double from = loopy->from_child[j];
			double to = loopy->to_child[j];

			inactive *= 1 - from;
			active *= from;
			sum -= log(from * to + (1 - from) * (1 - to));
		}
		sum += log(inactive + active);
	}
	return sum;
}

static void
read_posteriors(const Loopy *loopy, double *active)
{
	for (int i = 0; i < loopy->graph->nodes; i++)
	{
		double told = loopy->to_own[i];
		double own = loopy->from_own[i];

		active[i] = share((1 - told) * (1 - own), told * own, own);
	}
}

bool
heal_loopy_run(const HealGraph *graph, const double *strength,
			   const HealObservations *seen, const signed char *state,
			   HealArena *arena, HealLoopy *result)
{
	size_t used = arena->used;
	Loopy loopy = {.graph = graph, .strength = strength};

	result->settled = false;
	if (!take_memory(&loopy, arena, graph->nodes, graph->edges))
	{
		arena->used = used;
		return false;
	}
	begin(&loopy, seen, state);
	for (result->rounds = 0; result->rounds < MOST_ROUNDS && !result->settled;
		 result->rounds++)
	{
		heal_arena_pause(arena);
		loopy.damping = result->rounds > 0 ? DAMPING : 0;
		loopy.change = 0;
		run_round(&loopy);
		result->settled = loopy.change < SETTLED;
	}
	for (int i = 0; i < graph->nodes; i++)
		tell_families(&loopy, i);
	read_posteriors(&loopy, result->active);
	result->log_evidence = log_evidence(&loopy);
	arena->used = used;
	return true;
}
