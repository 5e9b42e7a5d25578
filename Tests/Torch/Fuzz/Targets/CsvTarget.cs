using System.Text;
using TraversalLearning.Data;
using TraversalLearning.Data.Formats;
using TraversalLearning.Data.Tables;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>A table's file, with a schema that stays or is spoiled too: the schema's line, then the file.</summary>
internal sealed class CsvTarget : FuzzTarget, IDisposable
{
    private const string Schema = """{"label":"y","categorical":["c"],"ignore":["i"]}""";

    private static readonly string[] Tokens =
    [
        ",", "\"", "\"\"", "\n", "\r\n", "\r", " ", "\t", ";", "0", "-1", "1e999", "1e308", "NaN", "Infinity", "?", "NA", "null", "a", "b", "x", "c", "y",
        "i", "\uFEFF", "\u200B", "é", "e\u0301", "\0", "target", "classes", "categories", "missing", "1.0", "01", "-0", ".5", "\"a,b\"", "\"a\nb\"", "label", "categorical", "[", "]", "{", "}", ":", "1,a,0,u", "1,a,0,u\n",
    ];

    private readonly Scratch _scratch = new();

    /// <inheritdoc/>
    public override string Name => "csv";

    /// <inheritdoc/>
    public override int ShortRun => 20_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. new[]
        {
            $"{Schema}\nx,c,i,y\n1,a,0,u\n-2.5e3,,,v\n,b,?,u\n",
            $"{Schema}\r\ny,\"c\",x,z\r\nu,\"a, \"\"b\"\"\nc\",1,2\r\nu,NA,NaN,4",
            """{"label":"y"}""" + "\nx,y\n1,0\n2,10\n3,9\n",
            """{"target":"y","missing":["-999"]}""" + "\nx,y\n1,0.5\n-999,10\n3,9",
            """{"label":"y","classes":["u",1],"categories":{"c":["a","b"]}}""" + "\nc,y\na,u\nb,1.0\n",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        int line = Array.IndexOf(input, (byte)'\n');
        string folder = Path.GetDirectoryName(_scratch.Write(TableSchema.FileName, input[..Math.Max(line, 0)]))!;
        _scratch.Write("train.csv", input[(line + 1)..]);
        SampleSet rows = new CsvFormat().Open(folder, DatasetPart.Train, classCount: null).ReadAll();
        SampleSet last = rows.Select([rows.Count - 1]);
        bool isOpen = rows.Table is { ClosedClasses: false, IsTarget: false };
        if (isOpen ? last.Table!.Classes.Count != 1 || rows.ClassesSeen() != rows.Table!.Classes.Count : rows.ClassesSeen() > rows.Table!.Classes.Count)
        {
            throw new InvalidOperationException($"{rows.ClassesSeen()} classes");
        }

        try
        {
            TableStatistics merged = TableStatistics.Merge([TableStatistics.Of(rows), TableStatistics.Of(last)]);
            SampleSet prepared = PreparedRows.Of(Preparation.Of(TableStatistics.Parse(merged.ToJson())), rows);
            if (prepared.Count != rows.Count || !prepared.Labels.AsSpan().SequenceEqual(rows.Labels) || prepared.Targets?.Count != rows.Targets?.Count)
            {
                throw new InvalidOperationException($"{rows} became {prepared}");
            }
        }
        catch (TableException)
        {
            // Numbers that are too large, or no value in any column.
        }
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => (e as DataException)?.GetType().Name;

    /// <summary>The reader's buffers of 64 KiB, and for every byte, which may be a value, what becomes of it.</summary>
    public override long MaxAllocation(byte[] input) => (2 * 1024 * 1024) + (1000L * input.Length);

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();

    /// <inheritdoc/>
    protected override byte[] Mutate(byte[] input, FuzzRandom random)
    {
        if (random.OneIn(4))
        {
            return ByteMutations.Apply(input, random, Corpus);
        }

        // Mostly behind the schema.
        int from = random.OneIn(6) ? 0 : Array.IndexOf(input, (byte)'\n') + 1;
        int start = from + random.Next(Math.Max(input.Length - from, 1));
        int end = Math.Min(start + (random.OneIn(2) ? 0 : random.Next(4)), input.Length);
        return [.. input[..Math.Min(start, input.Length)], .. Encoding.UTF8.GetBytes(random.Pick(Tokens)), .. input[end..]];
    }
}
