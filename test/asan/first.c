/*
 * first.c
 *		Starts the address sanitizer before any other library's constructor.
 *
 * The server is not built with the sanitizer, so its runtime is preloaded. One of the
 * server's libraries (libgpg-error, through libsystemd) calls gettext in its
 * constructor; the allocation in there would start the runtime late, and the runtime,
 * asking the dynamic linker for names, would enter gettext again and wait for a lock
 * it holds itself: the server hangs at start. Linked with -z initfirst, this goes first.
 */
extern void __asan_init(void);

__attribute__((constructor)) static void
start_sanitizer(void)
{
	__asan_init();
}
