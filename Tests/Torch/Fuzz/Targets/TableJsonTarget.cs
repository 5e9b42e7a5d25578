using System.Text;
using TraversalLearning.Data;
using TraversalLearning.Data.Tables;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>
/// What nodes and orchestrator say of tables: statistics, or a preparation. What is accepted can be said again, fits into its message, and can be worked
/// with.
/// </summary>
internal sealed class TableJsonTarget : FuzzTarget
{
    private static readonly string[] Statistics =
    [
        """{"label":"y","columns":[{"name":"age","missing":1,"moments":{"count":3,"mean":50.0,"rest":-1e-15,"m2":200.5}},{"name":"smoker","missing":0,"categories":["no","yes"]}],"classes":[{"name":"ill","count":1},{"name":"well","count":3}]}""",
        """{"label":"y","classes":[{"count":7,"name":"0"}],"columns":[{"moments":{"m2":0,"rest":0,"mean":-1e-300,"count":0},"missing":0,"name":"a\u00e9\n"}]}""",
        """{"label":"y","columns":[{"name":"a","missing":0,"moments":{"count":1,"mean":0,"rest":0,"m2":0}},{"name":"b","missing":7,"categories":[]}],"classes":[{"name":"0","count":0}]}""",
        """{"label":"y","columns":[{"name":"a","missing":0,"categories":["x"],"other":true}],"classes":[{"name":"0","count":0}],"closed_classes":true,"uncounted_classes":true}""",
    ];

    /// <summary>Valid preparations.</summary>
    public static IReadOnlyList<string> Preparations { get; } =
    [
        """{"label":"y","columns":[{"name":"age","number":{"mean":50.0,"std":8.16}},{"name":"smoker","category":{"names":["no","yes"],"missing":true}}],"classes":[{"name":"ill","count":1},{"name":"well","count":3}]}""",
        """{"label":"y","columns":[{"name":"site","category":{"names":[],"missing":false,"other":true}}],"classes":[{"name":"ill","count":0}]}""",
        """{"label":"y","classes":[{"count":0,"name":"x"}],"columns":[{"number":{"std":1e-300,"mean":0},"name":"a"}]}""",
    ];

    /// <inheritdoc/>
    public override string Name => "table_json";

    /// <inheritdoc/>
    public override int ShortRun => 100_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; } = [.. Statistics.Concat(Preparations).Select(Encoding.UTF8.GetBytes)];

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        string json = Encoding.UTF8.GetString(input);

        // The two have no member in common but these, so that one is never taken for the other.
        if (json.Contains("\"number\"", StringComparison.Ordinal) || json.Contains("\"category\"", StringComparison.Ordinal))
        {
            Require(Preparation.Parse(json).ToJson(), s => Preparation.Parse(s).ToJson());
            return;
        }

        TableStatistics statistics = TableStatistics.Parse(json);
        Require(statistics.ToJson(), s => TableStatistics.Parse(s).ToJson());
        var preparation = Preparation.Of(TableStatistics.Merge([statistics, statistics]));
        Require(preparation.ToJson(), s => Preparation.Parse(s).ToJson());
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => (e as TableException)?.GetType().Name;

    /// <inheritdoc/>
    public override long MaxAllocation(byte[] input) => (128 * 1024) + (200 * input.Length);

    /// <inheritdoc/>
    protected override byte[] Mutate(byte[] input, FuzzRandom random) => JsonMutations.Apply(input, random, Corpus);

    private static void Require(string json, Func<string, string> again)
    {
        if (Encoding.UTF8.GetByteCount(json) > TableLimits.MaxJson || !string.Equals(again(json), json, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"does not survive being written: {json}");
        }
    }
}
