using System.Text.Json;

namespace TraversalLearning.Tests.Support;

/// <summary>The files under <c>Golden/</c>: values made by other implementations than ours.</summary>
internal static class Golden
{
    /// <summary>The full path of a golden file.</summary>
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name);

    /// <summary>The root of a golden JSON file. The document is not pooled: it lives as long as its elements.</summary>
    public static JsonElement Json(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(PathOf(name)));
        return document.RootElement.Clone();
    }

    /// <summary>The bytes that a string property writes in hexadecimal.</summary>
    public static byte[] Hex(this JsonElement element, string property) =>
        Convert.FromHexString(element.GetProperty(property).GetString()!);

    /// <summary>The bytes that a string writes in hexadecimal.</summary>
    public static byte[] Hex(this JsonElement element) => Convert.FromHexString(element.GetString()!);
}
