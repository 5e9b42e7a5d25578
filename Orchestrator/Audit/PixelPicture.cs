using System.Globalization;
using System.Text;
using System.Xml.Linq;
using TraversalLearning.Models;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>An image as SVG: runs of pixels of a colour, each colour one path. No bitmap, which the page's policy forbids.</summary>
internal static class PixelPicture
{
    private const int Levels = 16;
    private const int Scale = 3;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    /// <summary>Whether samples of a shape are images: grey or coloured, channels first.</summary>
    public static bool CanShow(long[] shape) => shape is [1 or 3, > 1, > 1];

    /// <summary>The picture.</summary>
    /// <param name="values">Normalised, <c>[channels, rows, columns]</c>, flat.</param>
    /// <param name="shape">The dimensions.</param>
    /// <param name="normalisation">How pixels were scaled.</param>
    /// <param name="title">What it shows.</param>
    public static XElement Of(double[] values, long[] shape, Normalisation normalisation, string title)
    {
        (int channels, int rows, int columns) = ((int)shape[0], (int)shape[1], (int)shape[2]);
        var paths = new SortedDictionary<string, StringBuilder>(StringComparer.Ordinal);
        for (int row = 0; row < rows; row++)
        {
            for (int start = 0; start < columns;)
            {
                string colour = ColourAt(row, start);
                int end = start + 1;
                while (end < columns && ColourAt(row, end) == colour)
                {
                    end++;
                }

                if (!paths.TryGetValue(colour, out StringBuilder? path))
                {
                    paths.Add(colour, path = new StringBuilder());
                }

                path.Append(CultureInfo.InvariantCulture, $"M{start} {row}h{end - start}v1h{start - end}z");
                start = end;
            }
        }

        return new XElement(
            Svg + "svg",
            new XAttribute("viewBox", $"0 0 {columns} {rows}"),
            new XAttribute("width", columns * Scale),
            new XAttribute("height", rows * Scale),
            new XAttribute("class", "pixels"),
            new XAttribute("role", "img"),
            new XAttribute("shape-rendering", "crispEdges"),
            new XElement(Svg + "title", title),
            paths.Select(p => new XElement(Svg + "path", new XAttribute("fill", p.Key), new XAttribute("d", p.Value.ToString()))));

        string ColourAt(int row, int column)
        {
            int Level(int channel)
            {
                double pixel = (values[(((channel * rows) + row) * columns) + column] * normalisation.Std) + normalisation.Mean;
                return double.IsNaN(pixel) ? 0 : 255 * (int)Math.Round(Math.Clamp(pixel, 0, 1) * (Levels - 1)) / (Levels - 1);
            }

            (int red, int green, int blue) = channels == 1 ? (Level(0), Level(0), Level(0)) : (Level(0), Level(1), Level(2));
            return $"#{red:x2}{green:x2}{blue:x2}";
        }
    }
}
