/* SPDX-License-Identifier: BSD-2-Clause
 *
 * test_rules -- `postern test`: runs the tests that stand in the rules.
 */
#ifndef CMD_TEST_RULES_H
#define CMD_TEST_RULES_H

int test_rules_main(int argc, char **argv);

#endif
