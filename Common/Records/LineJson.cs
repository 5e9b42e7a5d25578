using System.Text.Json.Serialization;

namespace TraversalLearning.Records;

/// <summary>Lines as JSON, by code that the compiler makes: a node writes two for each visit.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RecordLine))]
internal sealed partial class LineJson : JsonSerializerContext;
