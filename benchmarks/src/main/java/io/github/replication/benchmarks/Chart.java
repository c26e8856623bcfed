/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.replication.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Draws figures as SVG.
 */
final class Chart {

	private static final List<String> COLOURS = List.of("#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2",
			"#b279a2", "#9d755d");

	private static final int WIDTH = 720;

	private static final int LEFT = 260;

	private static final int HEIGHT = 260;

	private Chart() {
	}

	/**
	 * A bar for each value.
	 */
	static String bars(String title, Map<String, Double> values) {
		double maximum = values.values().stream().mapToDouble(Double::doubleValue).max().orElse(1);
		StringBuilder svg = begin(title, 40 + 26 * values.size());
		int y = 34;
		for (Map.Entry<String, Double> bar : values.entrySet()) {
			double width = (WIDTH - LEFT - 90) * bar.getValue() / maximum;
			svg.append(text(LEFT - 8, y + 14, "end", bar.getKey()))
				.append(String.format(Locale.ROOT,
						"<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"18\" fill=\"%s\"/>%n", LEFT, y, width,
						COLOURS.get(0)))
				.append(text(LEFT + (int) width + 6, y + 14, "start", number(bar.getValue())));
			y += 26;
		}
		return svg.append("</svg>\n").toString();
	}

	/**
	 * A line for each series of points, with x ascending.
	 */
	static String lines(String title, String x, Map<String, List<double[]>> series) {
		double maximumX = maximum(series, 0);
		double maximumY = maximum(series, 1);
		StringBuilder svg = begin(title, HEIGHT + 70 + 18 * series.size());
		svg.append(String.format(Locale.ROOT, "<path d=\"M60 40V%d H%d\" fill=\"none\" stroke=\"#888\"/>%n", HEIGHT,
				WIDTH - 20));
		svg.append(text(56, 50, "end", number(maximumY))).append(text(56, HEIGHT, "end", "0"));
		svg.append(text(60, HEIGHT + 16, "start", "0"))
			.append(text(WIDTH - 20, HEIGHT + 16, "end", number(maximumX) + " " + x));
		int colour = 0;
		for (Map.Entry<String, List<double[]>> line : series.entrySet()) {
			String stroke = COLOURS.get(colour % COLOURS.size());
			StringBuilder points = new StringBuilder();
			for (double[] point : line.getValue()) {
				points.append(String.format(Locale.ROOT, "%.1f,%.1f ", 60 + (WIDTH - 80) * point[0] / maximumX,
						HEIGHT - (HEIGHT - 40) * point[1] / maximumY));
			}
			svg.append("<polyline points=\"" + points + "\" fill=\"none\" stroke-width=\"1.5\" stroke=\"" + stroke
					+ "\"/>\n");
			int y = HEIGHT + 40 + 18 * colour++;
			svg.append("<rect x=\"60\" y=\"" + (y - 9) + "\" width=\"14\" height=\"4\" fill=\"" + stroke + "\"/>\n")
				.append(text(80, y, "start", line.getKey()));
		}
		return svg.append("</svg>\n").toString();
	}

	private static double maximum(Map<String, List<double[]>> series, int coordinate) {
		return Math.max(1e-9,
				series.values()
					.stream()
					.flatMap(List::stream)
					.mapToDouble((point) -> point[coordinate])
					.max()
					.orElse(1));
	}

	private static StringBuilder begin(String title, int height) {
		return new StringBuilder("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + WIDTH + "\" height=\"" + height
				+ "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n")
			.append(text(10, 20, "start", title));
	}

	private static String text(int x, int y, String anchor, String text) {
		return "<text x=\"" + x + "\" y=\"" + y + "\" text-anchor=\"" + anchor + "\">"
				+ text.replace("&", "&amp;").replace("<", "&lt;") + "</text>\n";
	}

	private static String number(double value) {
		return (value >= 100 || value == Math.rint(value)) ? String.format(Locale.ROOT, "%,.0f", value)
				: String.format(Locale.ROOT, "%.2f", value);
	}

}
