using Microsoft.Playwright;

namespace TraversalLearning.Tests.Processes.Browser;

/// <summary>A real browser: the machine's Chromium, driven by Playwright. Nothing is downloaded.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>Starts it; the tests are skipped where there is none.</summary>
    public static async Task<Chromium> StartAsync()
    {
        string path = Find();
        IPlaywright playwright = await Playwright.CreateAsync();
        var options = new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,

            // As root, in a container mostly, its sandbox cannot be had.
            Args = Environment.UserName == "root" ? ["--no-sandbox", "--disable-dev-shm-usage"] : [],
        };
        return new Chromium(playwright, await playwright.Chromium.LaunchAsync(options));
    }

    /// <summary>A page of its own, without anything that another one has left.</summary>
    /// <param name="size">Of the window.</param>
    /// <param name="scheme">Light or dark.</param>
    public async Task<IPage> NewPageAsync(ViewportSize? size = null, ColorScheme scheme = ColorScheme.Light)
    {
        IBrowserContext context = await _browser.NewContextAsync(
            new BrowserNewContextOptions { ViewportSize = size ?? new ViewportSize { Width = 1280, Height = 900 }, ColorScheme = scheme });
        IPage page = await context.NewPageAsync();
        page.SetDefaultTimeout(60_000);
        return page;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    private static string Find()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        string? found = new[] { "chromium", "chromium-browser", "google-chrome" }
            .SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        if (found is null)
        {
            Assert.Ignore("there is no Chromium on this machine; ./setup.sh --browser installs it");
        }

        return found!;
    }
}
