/*
 * sync_rule.c
 *		What synchronous_standby_names says, read and written.
 *
 * The server's own reader changed with its versions and keeps what it read in memory of its own. The language is
 * small: "a, b", "2 (a, b)", "FIRST 2 (a, b)", "ANY 1 (a, \"b-c\", *)". Names are compared without regard to
 * case, as the server does.
 */
#include "sample/sync_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WANTED 1000

typedef enum TokenKind
{
	TOKEN_END,
	TOKEN_NAME, /* quoted or not, and a star */
	TOKEN_NUMBER,
	TOKEN_SIGN, /* a comma or a parenthesis */
	TOKEN_BAD
} TokenKind;

typedef struct Token
{
	TokenKind kind;
	bool quoted;
	char text[HEAL_NAME_SIZE];
} Token;

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

static bool
same(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b))
		a++, b++;
	return lower(*a) == lower(*b);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || (c & 0x80) != 0;
}

static bool
is_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '$';
}

static void
add(Token *token, size_t *length, char c)
{
	if (*length < sizeof(token->text) - 1)
		token->text[(*length)++] = c;
	else
		token->kind = TOKEN_BAD; /* longer than any name */
}

/* Behind the opening quote; two in a row are one of the name. */
static const char *
read_quoted(const char *at, Token *token)
{
	size_t length = 0;

	token->kind = TOKEN_NAME;
	token->quoted = true;
	for (; *at != '\0'; at++)
	{
		if (*at == '"' && at[1] != '"')
			return at + 1;
		if (*at == '"')
			at++;
		add(token, &length, *at);
	}
	token->kind = TOKEN_BAD;
	return at;
}

static const char *
read_word(const char *at, Token *token)
{
	size_t length = 0;
	bool number = true;

	token->kind = TOKEN_NAME;
	for (; is_word(*at); at++)
	{
		number = number && is_digit(*at);
		add(token, &length, *at);
	}
	if (number && token->kind == TOKEN_NAME)
		token->kind = TOKEN_NUMBER;
	return at;
}

static const char *
next_token(const char *at, Token *token)
{
	*token = (Token){.kind = TOKEN_SIGN};
	at += strspn(at, " \t\n\r\f\v");
	if (*at == '\0')
	{
		token->kind = TOKEN_END;
		return at;
	}
	if (*at == '"')
		return read_quoted(at + 1, token);
	if (is_word(*at))
		return read_word(at, token);
	if (*at == '*')
		token->kind = TOKEN_NAME;
	else if (strchr(",()", *at) == NULL)
		token->kind = TOKEN_BAD;
	token->text[0] = *at;
	return at + 1;
}

static bool
is_sign(const Token *token, char sign)
{
	return token->kind == TOKEN_SIGN && token->text[0] == sign;
}

/* What is followed by a parenthesis is the number; what is not is a name, even of digits. */
static bool
opens(const char *at)
{
	Token token;

	next_token(at, &token);
	return is_sign(&token, '(');
}

static bool
is_keyword(const Token *token, const char *at)
{
	Token number;

	if (token->kind != TOKEN_NAME || token->quoted ||
		(!same(token->text, "first") && !same(token->text, "any")))
		return false;
	return next_token(at, &number) != at && number.kind == TOKEN_NUMBER;
}

/* From the first name on, which is read already. */
static bool
read_names(const char *at, Token *token, HealSyncRule *rule, char end)
{
	for (;;)
	{
		if ((token->kind != TOKEN_NAME && token->kind != TOKEN_NUMBER) ||
			rule->names == HEAL_MAX_SYNC_NAMES)
			return false;
		memcpy(rule->name[rule->names++], token->text, HEAL_NAME_SIZE);
		at = next_token(at, token);
		if (!is_sign(token, ','))
			break;
		at = next_token(at, token);
	}
	if (end == '\0')
		return token->kind == TOKEN_END;
	if (!is_sign(token, end))
		return false;
	next_token(at, token);
	return token->kind == TOKEN_END;
}

bool
heal_sync_rule_read(const char *text, HealSyncRule *rule)
{
	Token token;
	const char *at = next_token(text, &token);
	long wanted;

	memset(rule, 0, sizeof(*rule));
	if (token.kind == TOKEN_END)
		return true;
	if (is_keyword(&token, at))
	{
		rule->any = same(token.text, "any");
		at = next_token(at, &token);
	}
	if (token.kind != TOKEN_NUMBER || !opens(at))
	{
		rule->wanted = 1;
		return read_names(at, &token, rule, '\0');
	}
	wanted = strtol(token.text, NULL, 10);
	if (wanted < 1 || wanted > MOST_WANTED)
		return false;
	rule->wanted = (int) wanted;
	at = next_token(at, &token); /* the parenthesis */
	at = next_token(at, &token);
	return read_names(at, &token, rule, ')');
}

/* Appends; false when it is full. */
static bool
put(char *text, size_t size, size_t *used, const char *what)
{
	size_t length = strlen(what);

	if (*used + length >= size)
		return false;
	memcpy(text + *used, what, length + 1);
	*used += length;
	return true;
}

/* Quoted whenever it might be taken for something else. */
static bool
put_name(char *text, size_t size, size_t *used, const char *name)
{
	bool plain =
		is_letter(name[0]) && !same(name, "first") && !same(name, "any");
	char one[2] = "";

	for (const char *at = name; *at != '\0'; at++)
		plain = plain && is_word(*at);
	if (plain || strcmp(name, "*") == 0)
		return put(text, size, used, name);
	if (!put(text, size, used, "\""))
		return false;
	for (const char *at = name; *at != '\0'; at++)
	{
		one[0] = *at;
		if ((*at == '"' && !put(text, size, used, "\"")) ||
			!put(text, size, used, one))
			return false;
	}
	return put(text, size, used, "\"");
}

bool
heal_sync_rule_write(const HealSyncRule *rule, char *text, size_t size)
{
	size_t used = 0;
	char head[32];

	text[0] = '\0';
	if (rule->wanted == 0)
		return true;
	snprintf(head, sizeof(head), "%s %d (", rule->any ? "ANY" : "FIRST",
			 rule->wanted);
	if (!put(text, size, &used, head))
		return false;
	for (int i = 0; i < rule->names; i++)
		if ((i > 0 && !put(text, size, &used, ", ")) ||
			!put_name(text, size, &used, rule->name[i]))
			return false;
	return put(text, size, &used, ")");
}

static bool
is_named(const char *name, const char *application)
{
	return strcmp(name, "*") == 0 || same(name, application);
}

bool
heal_sync_rule_names(const HealSyncRule *rule, const char *application)
{
	for (int i = 0; i < rule->names; i++)
		if (is_named(rule->name[i], application))
			return true;
	return false;
}

int
heal_sync_rule_present(const HealSyncRule *rule, const HealSender *senders,
					   int count)
{
	int present = 0;

	for (int i = 0; i < count; i++)
		present += senders[i].streams &&
				   heal_sync_rule_names(rule, senders[i].application);
	return present;
}

HealSyncRule
heal_sync_rule_reduce(const HealSyncRule *rule, const HealSender *senders,
					  int count)
{
	int present = heal_sync_rule_present(rule, senders, count);
	HealSyncRule reduced = *rule;

	if (present < reduced.wanted)
		reduced.wanted = present;
	return reduced;
}

/* When the nth of those that keep it connected: the rule is kept since the last of as many as it wants. */
HealTime
heal_sync_rule_kept_since(const HealSyncRule *rule, const HealSender *senders,
						  int count)
{
	for (int i = 0; i < count && rule->wanted > 0; i++)
	{
		int earlier = 0;

		if (!senders[i].streams || !senders[i].close ||
			!heal_sync_rule_names(rule, senders[i].application))
			continue;
		for (int j = 0; j < count; j++)
			earlier += senders[j].streams && senders[j].close &&
					   heal_sync_rule_names(rule, senders[j].application) &&
					   (senders[j].since < senders[i].since ||
						(senders[j].since == senders[i].since && j < i));
		if (earlier == rule->wanted - 1)
			return senders[i].since;
	}
	return 0;
}

static bool
streams(const char *name, const HealSender *senders, int count)
{
	for (int i = 0; i < count; i++)
		if (senders[i].streams && is_named(name, senders[i].application))
			return true;
	return false;
}

void
heal_sync_rule_missing(const HealSyncRule *rule, const HealSender *senders,
					   int count, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < rule->names; i++)
	{
		char name[HEAL_NAME_SIZE + 2];

		if (streams(rule->name[i], senders, count))
			continue;
		snprintf(name, sizeof(name), "%s%s", used > 0 ? ", " : "",
				 strcmp(rule->name[i], "*") == 0 ? "any standby"
												 : rule->name[i]);
		if (used + strlen(name) + 4 > size)
		{
			(void) put(text, size, &used, "...");
			return;
		}
		(void) put(text, size, &used, name);
	}
}
