using System.Diagnostics;
using System.Text.Json;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Architecture;

/// <summary>Which packages the product is built with. CUDA's are not restored here; that the project asks for the right ones is tested.</summary>
public sealed class PackageTests
{
    [TestCase("cpu", "TorchSharp", "libtorch-cpu-")]
    [TestCase("cuda", "TorchSharp-cuda-linux")]
    public async Task An_accelerator_has_its_packages_at_one_version_of_TorchSharp(string accelerator, params string[] expected)
    {
        using JsonDocument project = JsonDocument.Parse(await EvaluateAsync($"-p:Accelerator={accelerator}"));
        JsonElement items = project.RootElement.GetProperty("Items");
        string[] torch = [.. Names(items, "PackageReference").Where(n => n.Contains("torch", StringComparison.OrdinalIgnoreCase))];
        Assert.That(torch, Has.Length.EqualTo(expected.Length));
        foreach ((string name, string start) in torch.Zip(expected))
        {
            Assert.That(name, Does.StartWith(start));
            Assert.That(VersionOf(items, name), Is.EqualTo(VersionOf(items, name.StartsWith("libtorch", StringComparison.Ordinal) ? "libtorch-cpu-linux-x64" : "TorchSharp")));
        }
    }

    private static IEnumerable<string> Names(JsonElement items, string kind) => items.GetProperty(kind).EnumerateArray().Select(i => i.GetProperty("Identity").GetString()!);

    private static string VersionOf(JsonElement items, string package) => items.GetProperty("PackageVersion").EnumerateArray()
        .Single(i => i.GetProperty("Identity").GetString() == package).GetProperty("Version").GetString()!;

    private static async Task<string> EvaluateAsync(string property)
    {
        var start = new ProcessStartInfo(
            "dotnet", ["msbuild", Repository.PathOf("Common", "Common.csproj"), property, "-getItem:PackageReference", "-getItem:PackageVersion"])
        { RedirectStandardOutput = true, UseShellExecute = false };
        using Process msbuild = Process.Start(start)!;
        string output = await msbuild.StandardOutput.ReadToEndAsync();
        await msbuild.WaitForExitAsync();
        Assert.That(msbuild.ExitCode, Is.Zero, output);
        return output;
    }
}
