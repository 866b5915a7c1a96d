/* SPDX-License-Identifier: BSD-2-Clause
 *
 * demo -- `postern demo`: the proxy with a backend of its own, shown at work.
 */
#ifndef CMD_DEMO_H
#define CMD_DEMO_H

int demo_main(int argc, char **argv);

#endif
