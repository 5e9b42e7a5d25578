using System.Globalization;
using System.Text;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Tables;

namespace TraversalLearning.Tests.Support;

/// <summary>Makes tables, as files and as what is read of them.</summary>
internal static class Tables
{
    /// <summary>The schema of <see cref="Rows"/>.</summary>
    public const string Schema = """{"label":"outcome","categorical":["smoker","site"],"ignore":["patient"]}""";

    /// <summary>The header of <see cref="Rows"/>.</summary>
    public const string Header = "patient,age,pressure,smoker,site,outcome";

    /// <summary>Writes a table's files into a folder, and gives its path.</summary>
    public static string WriteTable(this TempFolder folder, string name, string schema, string? train = null, string? test = null)
    {
        folder.Write($"{name}/{TableSchema.FileName}", Encoding.UTF8.GetBytes(schema));
        if (train is not null)
        {
            folder.Write($"{name}/train.csv", Encoding.UTF8.GetBytes(train));
        }

        if (test is not null)
        {
            folder.Write($"{name}/test.csv", Encoding.UTF8.GetBytes(test));
        }

        return folder[name];
    }

    /// <summary>Reads a table that is written first.</summary>
    public static SampleSet Read(string schema, string train)
    {
        using var folder = new TempFolder();
        return DatasetLocator.InDirectory(folder.WriteTable("table", schema, train)).ReadTrain();
    }

    /// <summary>Made patients: numbers far from zero, categories with commas, some values missing, and an outcome that the others tell something of.</summary>
    public static string[] Rows(int count, ulong seed = 1)
    {
        var random = new SeededRandom(seed);
        string[] sites = ["Aachen", "\"Mainz, Ost\"", "Köln", "Ulm"];
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            double age = 40 + random.Next(400) / 10.0;
            double pressure = 1e6 + (random.Next(10_000) / 100.0);
            bool smokes = random.Next(2) == 0;
            string outcome = age + (smokes ? 15 : 0) + random.Next(10) > 70 ? "ill" : "well";
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{i},{(random.Next(12) == 0 ? "NA" : age)},{(random.Next(12) == 0 ? string.Empty : pressure)},{(random.Next(12) == 0 ? "?" : smokes ? "yes" : "no")},{sites[random.Next(4)]},{outcome}");
        })];
    }

    /// <summary>A file of a header and rows.</summary>
    public static string File(IEnumerable<string> rows, string header = Header) => string.Join('\n', rows.Prepend(header)) + "\n";
}
