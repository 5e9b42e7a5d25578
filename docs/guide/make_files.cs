#:package Parquet.Net
#:package SixLabors.ImageSharp

// Makes the files of "Your own data" (your-own-data.md), for a machine that has neither images nor Parquet files at hand.
//
//   dotnet run docs/guide/make_files.cs -- shapes DIR     images of shapes: a test set, and three nodes of which none has all classes
//   dotnet run docs/guide/make_files.cs -- parquet FILE   FILE.csv as FILE.parquet: numbers where a column holds numbers only, else text
using System.Globalization;
using Parquet;
using Parquet.Schema;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

switch (args)
{
    case ["shapes", var directory]:
        MakeShapes(directory);
        return 0;
    case ["parquet", var csv]:
        await ToParquetAsync(csv);
        return 0;
    default:
        Console.Error.WriteLine("usage: make_files.cs shapes DIR, or make_files.cs parquet FILE.csv");
        return 2;
}

static void MakeShapes(string directory)
{
    var random = new Random(1);
    string[] shapes = ["circle", "cross", "square"];
    (string Part, string[] Classes, int Each)[] parts =
    [
        ("test/test", shapes, 20), ("node1/train", ["circle", "cross"], 40), ("node2/train", ["cross", "square"], 40), ("node3/train", shapes, 20),
    ];
    foreach ((string part, string[] classes, int each) in parts)
    {
        foreach (string shape in classes)
        {
            string folder = Path.Combine(directory, part, shape);
            Directory.CreateDirectory(folder);
            for (int i = 0; i < each; i++)
            {
                // Of different sizes, as photographs are.
                using Image<Rgb24> image = Draw(shape, 40 + random.Next(30), random);
                image.Save(Path.Combine(folder, $"{shape}-{i:00}.png"));
            }
        }
    }

    foreach (string party in (string[])["test", "node1", "node2", "node3"])
    {
        File.WriteAllText(
            Path.Combine(directory, party, "schema.json"),
            """{ "image": { "height": 32, "width": 32, "channels": 3 }, "classes": ["circle", "cross", "square"] }""" + "\n");
    }
}

static Image<Rgb24> Draw(string shape, int size, Random random)
{
    var back = new Rgb24((byte)random.Next(90), (byte)random.Next(90), (byte)random.Next(90));
    var front = new Rgb24((byte)random.Next(150, 256), (byte)random.Next(150, 256), (byte)random.Next(150, 256));
    double radius = size * (0.25 + (random.NextDouble() * 0.1));
    double x0 = (size / 2.0) + (random.NextDouble() * 6) - 3;
    double y0 = (size / 2.0) + (random.NextDouble() * 6) - 3;
    var image = new Image<Rgb24>(size, size);
    for (int y = 0; y < size; y++)
    {
        for (int x = 0; x < size; x++)
        {
            (double dx, double dy) = (Math.Abs(x - x0), Math.Abs(y - y0));
            bool inside = shape switch
            {
                "circle" => (dx * dx) + (dy * dy) < radius * radius,
                "square" => Math.Max(dx, dy) < radius,
                _ => Math.Min(dx, dy) < radius / 3 && Math.Max(dx, dy) < radius,
            };
            image[x, y] = inside ? front : back;
        }
    }

    return image;
}

static async Task ToParquetAsync(string csv)
{
    // Enough for make_table.py's files: a comma within quotes, and no line end.
    string[][] rows = [.. File.ReadLines(csv).Select(Fields)];
    string[][] columns = [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Skip(1).Select(r => r[c]).ToArray())];
    bool[] numeric = Array.ConvertAll(columns, column => Array.TrueForAll(column, v => v.Length == 0 || double.TryParse(v, CultureInfo.InvariantCulture, out _)));
    DataField[] fields = [.. rows[0].Select((name, c) => new DataField(name, numeric[c] ? typeof(double?) : typeof(string)))];
    await using FileStream file = File.Create(Path.ChangeExtension(csv, ".parquet"));
    await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file);
    using ParquetRowGroupWriter group = writer.CreateRowGroup();
    for (int c = 0; c < columns.Length; c++)
    {
        if (numeric[c])
        {
            double?[] numbers = Array.ConvertAll(columns[c], v => v.Length == 0 ? (double?)null : double.Parse(v, CultureInfo.InvariantCulture));
            await group.WriteAsync<double>(fields[c], numbers.AsMemory());
        }
        else
        {
            await group.WriteAsync(fields[c], columns[c]);
        }
    }

    group.CompleteValidate();
}

static string[] Fields(string line)
{
    var fields = new List<string> { "" };
    bool quoted = false;
    foreach (char c in line)
    {
        if (c == '"')
        {
            quoted = !quoted;
        }
        else if (c == ',' && !quoted)
        {
            fields.Add("");
        }
        else
        {
            fields[^1] += c;
        }
    }

    return [.. fields];
}
