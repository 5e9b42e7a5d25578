using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace TraversalLearning.Tests.Support;

/// <summary>Makes images in folders.</summary>
internal static class ImageFiles
{
    /// <summary>The schema of images of 8 × 6 pixels.</summary>
    public const string Schema = """{ "image": { "height": 8, "width": 6, "channels": 3 } }""";

    /// <summary>Writes an image of one colour, in the format of its name.</summary>
    public static void WriteImage(this TempFolder folder, string name, Rgb24 colour, int width = 6, int height = 8)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        using var image = new Image<Rgb24>(width, height, colour);
        image.Save(folder[name]);
    }

    /// <summary>Writes a folder of images: of every class so many, brighter ones and darker ones.</summary>
    public static void WriteImages(this TempFolder folder, string name, string part, int each, params string[] classes)
    {
        foreach (string of in classes)
        {
            for (int i = 0; i < each; i++)
            {
                byte shade = (byte)(40 * (1 + Array.IndexOf(["cat", "dog", "fox"], of)));
                folder.WriteImage($"{name}/{part}/{of}/{of}{i:00}.png", new Rgb24(shade, (byte)(255 - shade), (byte)(i * 10)), 6 + i, 8 + i);
            }
        }

        folder.Write($"{name}/schema.json", System.Text.Encoding.UTF8.GetBytes(Schema));
    }
}
