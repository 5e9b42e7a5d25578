using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data.Formats;

/// <summary>What becomes of the images of a directory, in its <c>schema.json</c>.</summary>
/// <param name="Image">What they are brought to.</param>
/// <param name="Classes">The only classes that there may be; <see langword="null"/> for any.</param>
internal sealed record ImageSchema(ImageSettings Image, string[]? Classes)
{
    private const string Form = """{ "image": { "height": 32, "width": 32, "channels": 3 }, "classes": ["…", "…"] }""";

    /// <summary>Reads that of a directory.</summary>
    /// <exception cref="DataException">It is not there, or not one.</exception>
    public static ImageSchema Read(string directory)
    {
        using SchemaFile file = SchemaFile.Open(directory, $"it says what images are brought to: {Form}");
        file.RequireKeys(["image", "classes"]);
        var image = new ImageSettings(
            (int)file.Number("image", "height", 0), (int)file.Number("image", "width", 0), (int)file.Number("image", "channels", 3), file.Number("image", "mean", 0.5), file.Number("image", "std", 0.5));
        return image.IsSound
            ? new ImageSchema(image, file.Names("classes"))
            : throw file.Wrong($"says images of {image}: height and width are from 1 to 4096, channels 1 or 3, the deviation above 0; write it as {Form}");
    }
}
