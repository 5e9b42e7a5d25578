using System.Text.Json;
using System.Text.Json.Serialization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>The content of <c>audit.json</c>.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Activation">Its activation.</param>
/// <param name="BatchSize">Rows of a batch.</param>
/// <param name="NumNodes">Nodes.</param>
/// <param name="Dataset">The data set.</param>
/// <param name="Samples">Training samples of all nodes.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Steps">The audited steps.</param>
/// <param name="Attacks">The attacks that were run.</param>
/// <param name="Findings">What they got.</param>
/// <param name="Summary">A sentence for each exchange.</param>
/// <param name="Advice">What to change.</param>
internal sealed record AuditRecord(
    string Model,
    string Activation,
    int BatchSize,
    int NumNodes,
    string Dataset,
    int Samples,
    ulong Seed,
    IReadOnlyList<int> Steps,
    IReadOnlyList<AttackRecord> Attacks,
    IReadOnlyList<Finding> Findings,
    IReadOnlyList<ExchangeSummary> Summary,
    IReadOnlyList<string> Advice)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "audit.json";

    /// <summary>Version of the file format.</summary>
    [JsonPropertyOrder(-2)]
    public int Format { get; } = 1;

    /// <summary>The version of the program.</summary>
    [JsonPropertyOrder(-1)]
    public string WrittenBy { get; } = ProductInfo.Version;

    /// <summary>The file's content.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RecordJson.Readable) + "\n";
}

/// <summary>An attack.</summary>
/// <param name="Name">As in findings.</param>
/// <param name="Description">How it works.</param>
/// <param name="Needs">What it needs to have seen.</param>
internal sealed record AttackRecord(string Name, string Description, string Needs);

/// <summary>What an audit found of an exchange, in one sentence.</summary>
/// <param name="Exchange">The exchange.</param>
/// <param name="Sentence">For people who decide.</param>
internal sealed record ExchangeSummary(string Exchange, string Sentence);
