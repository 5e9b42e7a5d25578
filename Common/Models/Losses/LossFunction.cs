using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Losses;

/// <summary>What the outputs of a model stand for under a loss.</summary>
public enum OutputMeaning
{
    /// <summary>A logit for each class, of which one is right: softmax makes probabilities of them.</summary>
    Classes,

    /// <summary>Each output is the logit of a yes or no of its own: the sigmoid makes a probability of it. One alone is that of class 1 of two.</summary>
    YesOrNo,

    /// <summary>Numbers as they are, to be as close as possible to those of the labels.</summary>
    Numbers,
}

/// <summary>
/// The loss of rows, as data: it travels in <c>Welcome</c> and stands in the model's file as JSON. A row's loss depends on that row alone, and that
/// of a batch of <c>B</c> rows is their sum over <c>B</c>, whatever the weights: so the sums of the nodes add up to that of one process, exactly.
/// The set of kinds is closed; a new one is a record and its line here.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(CrossEntropyLoss), "cross_entropy")]
[JsonDerivedType(typeof(BceWithLogitsLoss), "bce_with_logits")]
[JsonDerivedType(typeof(MseLoss), "mse")]
public abstract record LossFunction
{
    private static readonly Dictionary<string, Type> Kinds = typeof(LossFunction).GetCustomAttributes<JsonDerivedTypeAttribute>()
        .ToDictionary(a => (string)a.TypeDiscriminator!, a => a.DerivedType, StringComparer.Ordinal);

    /// <summary>Cross entropy, every class and row weighing the same.</summary>
    public static LossFunction Default { get; } = new CrossEntropyLoss();

    /// <summary>The names of all kinds.</summary>
    public static IReadOnlyCollection<string> Names => Kinds.Keys;

    /// <summary>The name of its kind, as the command line has it.</summary>
    [JsonIgnore]
    public string Name => Kinds.First(k => k.Value == GetType()).Key;

    /// <summary>What the model's outputs stand for.</summary>
    [JsonIgnore]
    public abstract OutputMeaning Outputs { get; }

    /// <summary>Reads and validates what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="ModelException">It is malformed, or of a kind that this version does not have.</exception>
    public static LossFunction Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<LossFunction>(json, ModelDescription.Json) ?? throw new ModelException("the loss is null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new ModelException($"the loss is malformed, or this version does not have it: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>The keys of the JSON of a kind: the settings that it takes.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static IReadOnlyList<string> SettingsOf(string name)
    {
        ModelDescription.Json.MakeReadOnly(populateMissingResolver: true);
        return [.. ModelDescription.Json.GetTypeInfo(Kinds[name]).Properties.Where(p => p.AssociatedParameter is not null).Select(p => p.Name)];
    }

    /// <summary>Makes a loss of what a command line says.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="settings">The keys of its JSON, with their values; the names are those of the flags.</param>
    /// <exception cref="ModelException">The kind does not take one of them.</exception>
    public static LossFunction Create(string name, IReadOnlyDictionary<string, JsonNode> settings)
    {
        IReadOnlyList<string> taken = SettingsOf(name);
        if (settings.Keys.FirstOrDefault(k => !taken.Contains(k, StringComparer.Ordinal)) is { } strange)
        {
            throw new ModelException($"--{strange} does not go with --loss {name}");
        }

        return Parse(new JsonObject([new("type", name), .. settings.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value.DeepClone()))]).ToJsonString());
    }

    /// <summary>A setting's value, where it differs from what holds without it; else <see langword="null"/>.</summary>
    /// <param name="key">Of the JSON, which is the flag's name too.</param>
    public JsonNode? Setting(string key) => JsonNode.Parse(ToJson())![key];

    /// <summary>As JSON: <c>{"type":"mse"}</c>.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ModelDescription.Json);

    /// <summary>The sum of the loss over rows, with the graph that leads to it.</summary>
    /// <param name="outputs">What the model says: <c>[m, C]</c>.</param>
    /// <param name="labels">Classes <c>[m] int64</c>, or numbers <c>[m, C]</c> of the type of <paramref name="outputs"/> where it is of <see cref="OutputMeaning.Numbers"/>.</param>
    /// <returns>A scalar.</returns>
    public abstract Tensor Sum(Tensor outputs, Tensor labels);

    /// <summary>How many rows are right: whose class is the label. None where there are no classes.</summary>
    public abstract int Hits(Tensor outputs, Tensor labels);

    /// <summary>How many classes labels may be of; <see langword="null"/> where they are numbers.</summary>
    public virtual int? ClassesOf(ModelDescription model) => model.ClassCount;

    /// <summary>Why this loss cannot be taken for a model; <see langword="null"/> if it can.</summary>
    public abstract string? Misfit(ModelDescription model);
}
