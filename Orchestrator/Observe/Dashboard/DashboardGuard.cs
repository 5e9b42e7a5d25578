using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>
/// Who may see the page. Where there is a token it is given once, as <c>?token=</c> or in a form, and kept by the browser as a cookie that no script can read
/// and from which the token cannot be computed; programs send it as a bearer. Where there is none, only requests for a name of this machine itself are
/// answered: a page of somebody else's, whose name has been made to mean 127.0.0.1, learns nothing.
/// </summary>
/// <param name="token">The secret, if there is one.</param>
internal sealed class DashboardGuard(Token? token)
{
    private const string Bearer = "Bearer ";
    private const string LoginPath = "/login";
    private readonly string? _cookie = token?.Derive("dashboard");

    /// <summary>Hands a request on to its endpoint, or answers it here.</summary>
    public Task AnswerAsync(HttpContext context, RequestDelegate further)
    {
        HttpRequest request = context.Request;
        Harden(context.Response.Headers);
        if (!Serves(request))
        {
            return Say("this page is for 127.0.0.1 and localhost only\n", StatusCodes.Status421MisdirectedRequest).ExecuteAsync(context);
        }

        if (context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return further(context);
        }

        if (request.Path == LoginPath || request.Query.ContainsKey("token") || !Admits(request))
        {
            return LetInAsync(context);
        }

        return HttpMethods.IsGet(request.Method) ? further(context) : Say("GET only\n", StatusCodes.Status405MethodNotAllowed).ExecuteAsync(context);
    }

    /// <summary>An answer of one line.</summary>
    public static IResult Say(string line, int status) => TypedResults.Text(line, "text/plain; charset=utf-8", contentEncoding: null, status);

    private static void Harden(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }

    // Cookies do not know ports; the name has it.
    private static string CookieName(HttpContext context) => $"tl_dashboard_{context.Connection.LocalPort}";

    /// <summary>Whether a request is for a host that is answered at all.</summary>
    private bool Serves(HttpRequest request) => token is not null || Exposure.IsLoopback(request.Host.Host.Trim('[', ']'));

    /// <summary>Whether a request comes from somebody who knows the token.</summary>
    private bool Admits(HttpRequest request) =>
        token is null
        || (request.Cookies[CookieName(request.HttpContext)] is { } cookie && Token.AreEqual(cookie, _cookie!))
        || (request.Headers.Authorization.ToString() is { } header && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && token.Is(header[Bearer.Length..].Trim()));

    private async Task LetInAsync(HttpContext context)
    {
        if (await TryEnterAsync(context))
        {
            return;
        }

        IResult answer = context.Request.Path.Value is "/" or LoginPath
            ? PageFile.Login.ToResult()
            : Say("a token is needed: open / in a browser, or send it as Authorization: Bearer\n", StatusCodes.Status401Unauthorized);
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        await answer.ExecuteAsync(context);
    }

    /// <summary>Takes a token that was given in the address or in the form. If it is right, the browser is sent to the page with its cookie.</summary>
    /// <returns>Whether it was right.</returns>
    private async Task<bool> TryEnterAsync(HttpContext context)
    {
        string? given = HttpMethods.IsPost(context.Request.Method) && context.Request.HasFormContentType
            ? (await context.Request.ReadFormAsync(new FormOptions { ValueCountLimit = 4 }, context.RequestAborted))["token"]
            : context.Request.Query["token"];
        if (string.IsNullOrEmpty(given) || token is null || !token.Is(given.Trim()))
        {
            return false;
        }

        context.Response.Cookies.Append(CookieName(context), _cookie!, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/", IsEssential = true });
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = "/";
        return true;
    }
}
