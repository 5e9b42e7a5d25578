using System.Text.Json;
using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>Writes NaN and infinity as <c>null</c>, as <see cref="JsonNumber"/> does, and reads <c>null</c> as NaN.</summary>
internal sealed class JsonNumberConverter : JsonConverter<double>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (JsonNumber.Of(value) is { } number)
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
