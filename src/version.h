/*
 * version.h
 *		The version of the library; selfheal.control and META.json say the same.
 */
#ifndef HEAL_VERSION_H
#define HEAL_VERSION_H

#define HEAL_VERSION "0.1"

#endif
