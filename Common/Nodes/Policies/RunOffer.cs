using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;

namespace TraversalLearning.Nodes.Policies;

/// <summary>
/// What an orchestrator asks nodes to take part in, as a file that people send each other before the run: the contents of
/// <see cref="Welcome"/> that all nodes have in common.
/// </summary>
public sealed record RunOffer
{
    /// <summary>The file's name in a run folder.</summary>
    public const string FileName = "offer.json";

    private const long MaxLength = 4 * 1024 * 1024;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    /// <summary>The terms of the run.</summary>
    public JsonNode? Run { get; init; }

    /// <summary>The exchange.</summary>
    public required string Exchange { get; init; }

    /// <summary>Number of layers on a node's side.</summary>
    public required int Cut { get; init; }

    /// <summary>Element type.</summary>
    public required string Dtype { get; init; }

    /// <summary>Mean of the normalisation.</summary>
    public required double Mean { get; init; }

    /// <summary>Standard deviation of the normalisation.</summary>
    public required double Std { get; init; }

    /// <summary>The loss; <see langword="null"/> for plain cross entropy.</summary>
    public JsonNode? Loss { get; init; }

    /// <summary>The augmentation of images; <see langword="null"/> for none.</summary>
    public JsonNode? Augmentation { get; init; }

    /// <summary>The preparation of tables; <see langword="null"/> for none.</summary>
    public JsonNode? Preparation { get; init; }

    /// <summary>The model.</summary>
    public required JsonNode Model { get; init; }

    /// <summary>The offer of a run.</summary>
    public static RunOffer Of(TrainingSetup setup)
    {
        Welcome welcome = setup.ToWelcome(string.Empty, TimeSpan.Zero, TimeSpan.Zero);
        return new RunOffer
        {
            Run = Node(welcome.Run),
            Exchange = welcome.Exchange,
            Cut = welcome.Cut,
            Dtype = welcome.ElementType,
            Mean = welcome.Mean,
            Std = welcome.Std,
            Loss = Node(welcome.Loss),
            Augmentation = Node(welcome.Augmentation),
            Preparation = Node(welcome.Preparation),
            Model = Node(welcome.Model)!,
        };
    }

    /// <summary>Reads a file: an offer, or a file or the folder of a run that has one.</summary>
    /// <exception cref="UserErrorException">There is no valid offer.</exception>
    public static TrainingSetup Read(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, FileName)
            : Path.GetFileName(path) is "run.json" ? Path.Combine(Path.GetDirectoryName(path) ?? string.Empty, FileName)
            : path;
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > MaxLength })
            {
                throw new FormatException("it is too long");
            }

            RunOffer offer = JsonSerializer.Deserialize<RunOffer>(File.ReadAllBytes(file), Json) ?? throw new FormatException("it is null");
            return offer.ToSetup();
        }
        catch (Exception e) when (e is JsonException or FormatException or ModelException or InvalidOperationException)
        {
            throw new UserErrorException(ExitCode.Usage, $"'{file}' is no offer of a run: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UserErrorException(
                ExitCode.Usage, $"cannot read '{file}': {FileError.ReasonOf(file, e)}; ask the orchestrator's operator for the {FileName} of the run folder", e);
        }
    }

    /// <summary>As a file.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, Json) + "\n");

    private static JsonNode? Node(string? json) => json is null ? null : JsonNode.Parse(json);

    private TrainingSetup ToSetup() => TrainingSetup.From(new Welcome(
        string.Empty, Model.ToJsonString(), Cut, Dtype, Exchange, Mean, Std, TimeSpan.Zero, TimeSpan.Zero, Preparation: Preparation?.ToJsonString())
    {
        Loss = Loss?.ToJsonString(),
        Augmentation = Augmentation?.ToJsonString(),
        Run = Run?.ToJsonString(),
    });
}
