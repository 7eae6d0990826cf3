/* Paragraphs: texts whose lines were broken by hand, for a place that is narrower. */
#pragma once

/* Joins the lines of each paragraph that has a line wider than `width` cells: its line breaks
 * become blanks. Paragraphs end at an empty line, an indented line, and an item of a list; these
 * lines, and paragraphs that fit, stay as they are. */
void text_flow(char *text, int width);
