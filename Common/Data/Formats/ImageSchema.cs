using TraversalLearning.Data.Tables;

namespace TraversalLearning.Data.Formats;

/// <summary>The <c>schema.json</c> of an image directory.</summary>
/// <param name="Image">Target size and normalisation.</param>
/// <param name="Classes">The allowed classes; <see langword="null"/> for any.</param>
internal sealed record ImageSchema(ImageSettings Image, string[]? Classes)
{
    private const string Form = """{ "image": { "height": 32, "width": 32, "channels": 3 }, "classes": ["…", "…"] }""";

    /// <summary>Reads a directory's schema.</summary>
    /// <exception cref="DataException">The schema is missing or invalid.</exception>
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
